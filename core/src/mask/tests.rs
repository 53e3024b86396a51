//! What is masked, what is not, and the laws of masking. Tokens are put together from parts, so that
//! nobody who looks for leaked ones finds them here.

use proptest::prelude::*;

use super::*;
use crate::log::{LINE_BYTES_MAX, LineRef, Lines, Stream};
use crate::time::Timestamp;

/// Letters and digits as a generator of tokens gives them.
fn random(length: usize) -> String {
    "k3Jx9QpZ7mW2vB8sT4nL6yR1".chars().cycle().take(length).collect()
}

fn token(prefix: &str, length: usize) -> String {
    prefix.to_owned() + &random(length)
}

fn jwt() -> String {
    [token("ey", 30).replacen("eyk", "eyJ", 1), token("eyJ", 40), random(43)].join(".")
}

fn pem(label: &str) -> String {
    let dashes = "-".repeat(5);
    let body = random(64);
    format!("{dashes}BEGIN {label}{dashes}\n{body}\n{body}\nQk3=\n{dashes}END {label}{dashes}")
}

fn masked(text: &str) -> String {
    let masker = Masker::default();
    let once = masker.text(text).into_owned();
    assert_eq!(masker.text(&once), once, "twice is once");
    once
}

#[test]
fn tokens_are_known_by_their_looks() {
    let tokens = [
        ("aws access key", token("AKIA", 16).to_uppercase()),
        ("github token", token("ghp_", 36)),
        ("github token", token("gho_", 36)),
        ("github token", token("ghu_", 36)),
        ("github token", token("ghs_", 36)),
        ("github token", token("ghr_", 36)),
        ("github token", token("github_pat_", 22) + "_" + &random(59)),
        ("gitlab token", token("glpat-", 20)),
        ("slack token", token("xoxb-", 12) + "-" + &random(24)),
        ("stripe key", token("sk_live_", 24)),
        ("stripe key", token("rk_live_", 24)),
        ("anthropic key", token("sk-ant-api03-", 80)),
        ("api key", token("sk-proj-", 48)),
        ("google api key", token("AIza", 35)),
        ("npm token", token("npm_", 36)),
        ("pypi token", token("pypi-AgEI", 60)),
        ("jwt", jwt()),
        ("private key", pem("RSA PRIVATE KEY")),
        ("private key", pem("PRIVATE KEY")),
        ("private key", pem("PGP PRIVATE KEY BLOCK")),
    ];
    for (what, token) in tokens {
        let mask = format!("[masked: {what}]");
        assert_eq!(masked(&token), mask);
        assert_eq!(masked(&format!("got '{token}', ok")), format!("got '{mask}', ok"));
        assert_eq!(masked(&format!("at {token}.")), format!("at {mask}."));
    }
}

#[test]
fn values_are_known_by_their_names() {
    let cases = [
        ("DB_PASSWORD=hunter2 make", "DB_PASSWORD=[masked: password] make"),
        ("password = 'a b\\' c' next", "password = '[masked: password]' next"),
        ("Password: hunter2", "Password: [masked: password]"),
        ("passwd=x,y;user=ada", "passwd=[masked: password];user=ada"),
        ("Server=a;Pwd=x9;Database=b", "Server=a;Pwd=[masked: password];Database=b"),
        ("login --password hunter2 -v", "login --password [masked: password] -v"),
        ("--client-secret=s3", "--client-secret=[masked: secret]"),
        ("{\"api_key\": \"abc\", \"n\": 1}", "{\"api_key\": \"[masked: key]\", \"n\": 1}"),
        (r#"{\"token\":\"abc\",\"n\":1}"#, r#"{\"token\":\"[masked: token]\",\"n\":1}"#),
        ("apiKey: 'x'", "apiKey: '[masked: key]'"),
        ("env[\"SECRET_KEY_BASE\"] = 'x'", "env[\"SECRET_KEY_BASE\"] = '[masked: secret]'"),
        ("aws_secret_access_key=a/b+c", "aws_secret_access_key=[masked: secret]"),
        ("GET /x?access_token=abcdef&n=1", "GET /x?access_token=[masked: token]&n=1"),
        ("<password>hunter2</password>", "<password>[masked: password]</password>"),
        ("Authorization: Basic YWRhOmh1bnRlcjI=", "Authorization: Basic [masked: authorization]"),
        (
            "-H 'authorization: Bearer abc123def'",
            "-H 'authorization: Bearer [masked: authorization]'",
        ),
        ("curl with Bearer abc123def ok", "curl with Bearer [masked: bearer token] ok"),
        ("postgres://ada:hunter2@db/x", "postgres://ada:[masked: password]@db/x"),
        ("redis://:p@ss@cache:6379", "redis://:[masked: password]@cache:6379"),
        ("my_secret: Bearer abcd", "my_secret: Bearer [masked: secret]"),
        ("spring.datasource.password=x y", "spring.datasource.password=[masked: password] y"),
        ("x=1 password=", "x=1 password="),
    ];
    for (text, expected) in cases {
        assert_eq!(masked(text), expected);
    }
}

#[test]
fn what_is_no_secret_stays() {
    let texts = [
        "prompt_tokens: 1234, max_tokens=4096, total_tokens: 99",
        "error: unexpected token: `}`",
        "token_type=bearer expires",
        "password_file=/run/secrets/db",
        "secretary: Ada Lovelace-Byron, tokenizer=cl100k_base",
        "primary_key=12345678 sort-key: abcdefgh12 monkey=banana99",
        "aws_access_key_id=",
        "password=$DB_PASSWORD token=${TOKEN} secret={{ vault }} passwd: ****",
        "password: null, secret: true, token: String",
        "if password == other { secret::Kind }",
        "https://example.com/a:b@c http://user@host/ ssh://git@host:22/x",
        "task-sk-learn disk-usage risk-of-something-with-many-words",
        "install libsecret-common:all libsecret-1-0:amd64 0.20.5-3",
        "Bearer authentication is required",
        "-----BEGIN CERTIFICATE-----",
        "eyJ eyJabc.def.ghi key: value",
        "enter the password please, 5 tests passed",
        "0123456789abcdef0123456789abcdef01234567",
    ];
    for text in texts {
        assert_eq!(masked(text), text);
    }
}

#[test]
fn json_stays_json() {
    let secret = token("ghp_", 36);
    let text = format!(
        r#"{{"a" : 1.50, "password":"x\"y","nested":{{"token":["p","q"],"n":12}}, "\u0070assword":7,
        "text":"a \"{secret}\" b", "max_tokens":4096,"url":"http:\/\/u:p\/@h", "secret":null}}"#
    );
    let masked = Masker::default().json(&text).into_owned();
    assert_eq!(
        masked,
        r#"{"a" : 1.50, "password":"[masked: password]","nested":{"token":["[masked: token]","[masked: token]"],"n":12}, "\u0070assword":"[masked: password]",
        "text":"a \"[masked: github token]\" b", "max_tokens":4096,"url":"http:\/\/u:p\/@h", "secret":null}"#
    );
    assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok());
    assert_eq!(Masker::default().json(&masked), masked);
}

/// A token right behind a key block is seen once the block is masked.
#[test]
fn what_stands_right_behind_a_secret_is_masked_too() {
    let block = ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"].concat();
    let text = [block, token("sk-", 24)].concat();
    let masked = Masker::default().text(&text).into_owned();
    assert!(!masked.contains("sk-"), "{masked}");
    assert_eq!(Masker::default().text(&masked), masked);
}

#[test]
fn the_word_behind_an_option_is_masked() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let cases: [(&[&str], &[&str]); 5] = [
        (&["x", "--password", "a b", "-v"], &["x", "--password", "[masked: password]", "-v"]),
        (&["x", "--password=a b", "c"], &["x", "--password=[masked: password]", "c"]),
        (&["x", "--token", "--force", "y"], &["x", "--token", "--force", "y"]),
        (
            &["x", "-token", "-5", "TOKEN=1"],
            &["x", "-token", "[masked: token]", "TOKEN=[masked: token]"],
        ),
        (&["sh", "-c", "A_SECRET=b run"], &["sh", "-c", "A_SECRET=[masked: secret] run"]),
    ];
    for (argv, expected) in cases {
        let masker = Masker::default();
        let once = masker.argv(&words(argv)).into_owned();
        assert_eq!(once, words(expected));
        assert_eq!(*masker.argv(&once), *once);
    }
}

#[test]
fn patterns_of_the_user() {
    let pattern = |text: &str| text.parse::<Pattern>();
    let masker = Masker::new(vec![pattern("(?i)acme-[0-9]+").unwrap(), pattern("id=(.)").unwrap()]);
    assert_eq!(masker.text("ACME-12 id=34"), "[masked: pattern] id=[masked: pattern]4");
    assert!(pattern("(").unwrap_err().to_string().contains("unclosed group"));
    assert_eq!(pattern("a*").unwrap_err().to_string(), "it matches the empty text");
}

fn line(bytes: &[u8], continued: bool) -> LineRef<'_> {
    let time = Timestamp::from_millis(1);
    LineRef { time, stream: Stream::Stdout, level: None, continued, bytes }
}

fn log(lines: &[&str]) -> Lines {
    let mut log = Lines::new();
    lines.iter().for_each(|text| log.push(line(text.as_bytes(), false)));
    log
}

fn texts(lines: &Lines) -> Vec<String> {
    lines.iter().map(|line| String::from_utf8_lossy(line.bytes).into_owned()).collect()
}

#[test]
fn a_private_key_over_several_lines_is_masked_to_its_end() {
    let key = pem("EC PRIVATE KEY");
    for indent in ["", "web_1  | "] {
        let text = key.lines().map(|line| format!("{indent}{line}")).collect::<Vec<_>>();
        let mut all = vec!["before", "done"];
        all.splice(1..1, text.iter().map(String::as_str));
        // In one write, and each line in a write of its own.
        for cut in [all.len(), 1] {
            let mut masks = LineMasks::default();
            let chunks = all.chunks(cut).map(log);
            let seen: Vec<String> = chunks
                .flat_map(|lines| texts(&Masker::default().lines(&lines, &mut masks)))
                .collect();
            let mask = format!("{indent}[masked: private key]");
            assert_eq!(seen[0], "before");
            assert!(seen[1..seen.len() - 1].iter().all(|line| *line == mask), "{seen:?}");
            assert_eq!(seen[all.len() - 1], "done");
        }
    }
}

#[test]
fn a_lone_begin_marker_hides_nothing_else() {
    let begin = pem("PRIVATE KEY").lines().next().unwrap().to_owned();
    let lines = log(&[&begin, "compiling the rest", "done"]);
    let seen = texts(&Masker::default().lines(&lines, &mut LineMasks::default()));
    assert_eq!(seen, ["[masked: private key]", "compiling the rest", "done"]);
}

/// Wherever the cut falls, and with lines of another stream between the pieces.
#[test]
fn a_secret_across_the_pieces_of_a_line_is_masked() {
    let secret = token("ghp_", 36);
    for into in 0..=secret.len() {
        let text = format!("{}{secret} end", ".".repeat(LINE_BYTES_MAX - into));
        let mut lines = Lines::new();
        lines.push(line(&text.as_bytes()[..LINE_BYTES_MAX], true));
        lines.push(LineRef { stream: Stream::Stderr, ..line(b"password=y9", false) });
        lines.push(line(&text.as_bytes()[LINE_BYTES_MAX..], false));
        let seen = texts(&Masker::default().lines(&lines, &mut LineMasks::default()));
        assert_eq!(seen.len(), 3);
        assert_eq!(seen[1], "password=[masked: password]");
        assert!(!seen.concat().contains(&secret[4..12]), "{into}");
        assert!(seen.concat().ends_with(" end"));
    }
}

#[test]
fn a_secret_that_goes_on_in_a_later_write_is_masked_there() {
    let mut masks = LineMasks::default();
    let mut seen = Vec::new();
    for (text, continued) in
        [("a password=hun", true), ("ter2", true), ("x b", false), ("c", false)]
    {
        let mut lines = Lines::new();
        lines.push(line(text.as_bytes(), continued));
        seen.extend(texts(&Masker::default().lines(&lines, &mut masks)));
    }
    let mask = "[masked: password]";
    assert_eq!(
        seen,
        [format!("a password={mask}"), String::new(), " b".to_owned(), "c".to_owned()]
    );
    assert!(masks.is_idle());
}

/// Text in which what the rules look for is frequent.
fn texts_like_secrets() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        prop::sample::select(vec![
            "password",
            "PASSWORD",
            "token",
            "api_key",
            "secret",
            "=",
            ": ",
            " ",
            "\"",
            "'",
            "\\",
            "--",
            "://",
            "@",
            "Bearer ",
            "Authorization",
            "Basic ",
            "eyJ",
            ".",
            "ghp_",
            "sk-",
            "[masked: ",
            "[masked: token]",
            "]",
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "\n",
            "<",
            ">",
            "$",
            "{",
            "}",
            "null",
            ",",
            "&",
            "_file",
        ])
        .prop_map(str::to_owned),
        (0..40_usize).prop_map(random),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn masking_twice_is_masking_once(text in texts_like_secrets()) {
        let masker = Masker::default();
        let once = masker.text(&text).into_owned();
        prop_assert_eq!(masker.text(&once).into_owned(), once);
    }

    #[test]
    fn text_of_words_is_unchanged(text in "[a-z0-9 ,.;/()-]{0,200}") {
        prop_assert!(matches!(Masker::default().text(&text), Cow::Borrowed(_)) || text.contains("--"));
    }

    #[test]
    fn a_token_is_masked_wherever_it_stands(before in "([a-z ]{0,40}[ =:\"'(,])?", after in "([ \"'),][a-z ]{0,40})?") {
        let secret = token("ghp_", 36);
        let masked = Masker::default().text(&format!("{before}{secret}{after}")).into_owned();
        prop_assert!(!masked.contains(&secret[4..]));
    }

    #[test]
    fn json_stays_json_whatever_it_holds(
        entries in prop::collection::btree_map(texts_like_secrets(), texts_like_secrets(), 0..6)
    ) {
        let json = serde_json::to_string(&entries).unwrap();
        let masker = Masker::default();
        let once = masker.json(&json).into_owned();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&once).is_ok());
        prop_assert_eq!(masker.json(&once).into_owned(), once);
    }

    #[test]
    fn no_bytes_make_it_panic(
        parts in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            texts_like_secrets().prop_map(String::into_bytes),
        ], 0..6),
        flags in any::<u64>(),
    ) {
        let masker = Masker::new(vec![r"[\w-]+@\w+".parse().unwrap()]);
        let mut masks = LineMasks::default();
        for (index, bytes) in parts.iter().enumerate() {
            let mut lines = Lines::new();
            let stream = Stream::ALL[(flags >> (index * 3)) as usize % 3];
            for piece in bytes.chunks(30) {
                let continued = flags >> (index * 5) & 1 == 1;
                lines.push(LineRef { stream, ..line(piece, continued) });
            }
            let count = lines.len();
            prop_assert_eq!(masker.lines(&lines, &mut masks).len(), count);
            let text = String::from_utf8_lossy(bytes);
            masker.json(&text);
            masker.text(&text);
        }
    }
}

/// What would be slow if a rule read the same bytes again for every literal.
#[test]
fn the_time_is_linear_in_the_text() {
    let begin = pem("PRIVATE KEY").lines().next().unwrap().to_owned();
    let parts = [
        "token=",
        "token ",
        "eyJ",
        "eyJaaaaaaaa.",
        "://",
        "sk-",
        "key",
        "ghp_",
        "--password ",
        "<token>",
        "\"password",
        "password:\"",
        "[masked: ",
        "authorization: ",
        "Bearer ",
        &begin,
        "api_key: x ",
        "secret=\\",
        "://a:",
        "_-",
    ];
    let masker = Masker::default();
    for part in parts {
        let text = part.repeat((1 << 20) / part.len());
        // Minutes, if it were quadratic.
        masker.text(&text);
        masker.json(&format!("\"{text}"));
    }
}
