//! What is shown is what was printed, and what is reported is the same in lines.

use std::fs::File;
use std::io::{self, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use runlog::process::{Sink, Stdio, Stream, run_on};

use crate::stage::{Reported, play, play_to, read_until, script};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn random_bytes_are_shown_and_reported_unchanged() -> Outcome {
    let mut bytes = vec![0; 3_000_000];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(&bytes)?;
    let path = file.path().display().to_string();
    for (redirection, stream) in [("", Stream::Stdout), (">&2", Stream::Stderr)] {
        let command = script(&format!("cat {path} {redirection}")).piece_bytes_max(1000);
        let played = play(&command);
        let shown = if stream == Stream::Stdout { &played.stdout } else { &played.stderr };
        assert!(*shown == bytes, "what is shown differs");
        let mut reported = Vec::new();
        for (from, piece, continued) in &played.reported.lines {
            assert_eq!(*from, stream);
            assert!(piece.len() <= 1000);
            reported.extend_from_slice(piece);
            if !continued {
                reported.push(b'\n');
            }
        }
        if bytes.last() != Some(&b'\n') {
            reported.pop();
        }
        assert!(reported == bytes, "what is reported differs");
    }
    Ok(())
}

#[test]
fn lines_are_reported_in_the_order_in_which_they_were_read() -> Outcome {
    // The process waits until each line was seen, so that the order is known.
    let (mut stdin, mut answer) = (None, None);
    let (reader, writer) = io::pipe()?;
    stdin.replace(reader);
    answer.replace(writer);
    let mut sink = Answering { reported: Reported::default(), answer };
    let null = File::options().write(true).open("/dev/null")?;
    let stdin = stdin.ok_or("no input")?;
    let stdio = Stdio { stdin: stdin.as_fd(), stdout: null.as_fd(), stderr: null.as_fd() };
    let text = "for i in 1 2 3; do echo $i; read a; echo $i >&2; read a; done; printf tail";
    run_on(&script(text), stdio, &mut sink, || 0)?;
    let order: Vec<_> =
        sink.reported.lines.iter().map(|(stream, line, _)| (*stream, &line[..])).collect();
    let (out, err) = (Stream::Stdout, Stream::Stderr);
    let expected: [(Stream, &[u8]); 7] = [
        (out, b"1"),
        (err, b"1"),
        (out, b"2"),
        (err, b"2"),
        (out, b"3"),
        (err, b"3"),
        (out, b"tail"),
    ];
    assert_eq!(order, expected);
    Ok(())
}

struct Answering {
    reported: Reported,
    answer: Option<PipeWriter>,
}

impl Sink for Answering {
    fn line(&mut self, stream: Stream, time_ms: i64, bytes: &[u8], continued: bool) {
        self.reported.line(stream, time_ms, bytes, continued);
        if let Some(answer) = &mut self.answer {
            answer.write_all(b"seen\n").expect("the process reads");
        }
    }
    fn event(&mut self, _time_ms: i64, _json: &str) {}
}

#[test]
fn a_prompt_without_a_newline_is_shown_at_once() -> Outcome {
    let (stdin, mut answer) = io::pipe()?;
    let (mut stdout, stdout_writer) = io::pipe()?;
    let (mut stderr, stderr_writer) = io::pipe()?;
    let text = "printf 'name? '; read name; printf 'sure? ' >&2; read sure; echo $name $sure";
    let run = thread::spawn(move || {
        let mut reported = Reported::default();
        let stdio = Stdio {
            stdin: stdin.as_fd(),
            stdout: stdout_writer.as_fd(),
            stderr: stderr_writer.as_fd(),
        };
        run_on(&script(text), stdio, &mut reported, || 0).map(|_| reported)
    });
    read_until(&mut stdout, "name? ")?;
    answer.write_all(b"Ada\n")?;
    read_until(&mut stderr, "sure? ")?;
    answer.write_all(b"yes\n")?;
    read_until(&mut stdout, "Ada yes\n")?;
    let reported = run.join().map_err(|_| "the runner panicked")??;
    assert_eq!(reported.text(Stream::Stdout), ["name? Ada yes"]);
    assert_eq!(reported.text(Stream::Stderr), ["sure? "]);
    Ok(())
}

#[test]
fn a_long_line_comes_in_pieces_of_which_the_last_is_not_continued() {
    let played = play(&script("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo next"));
    let pieces = &played.reported.lines;
    assert!(pieces.iter().all(|(_, piece, _)| piece.len() <= 16 * 1024));
    let ends: Vec<_> = pieces.iter().filter(|(_, _, continued)| !continued).collect();
    assert_eq!(ends.len(), 2);
    let lines = played.reported.text(Stream::Stdout);
    assert_eq!((lines[0].len(), &lines[1][..]), (10_000_000, "next"));
}

#[test]
fn a_line_of_exactly_one_piece_is_one_piece() {
    let played = play(&script("printf 'abcd\\nabcde\\n\\nabcd'").piece_bytes_max(4));
    let pieces: Vec<_> = played.reported.lines.iter().map(|(_, p, c)| (&p[..], *c)).collect();
    let expected: [(&[u8], bool); 5] =
        [(b"abcd", false), (b"abcd", true), (b"e", false), (b"", false), (b"abcd", false)];
    assert_eq!(pieces, expected);
}

#[test]
fn a_carriage_return_is_content_on_a_pipe() {
    let played = play(&script("printf 'a\\r\\nb\\r\\n'"));
    assert_eq!(played.reported.text(Stream::Stdout), ["a\r", "b\r"]);
}

#[test]
fn all_lines_of_a_fast_process_arrive() {
    let played = play(&script("seq 1 300000"));
    let lines = played.reported.text(Stream::Stdout);
    assert_eq!(lines.len(), 300_000);
    assert!(lines.iter().zip(1..).all(|(line, number)| *line == number.to_string()));
}

#[test]
fn a_closed_reader_ends_the_process_as_it_would_without_us() -> Outcome {
    let (mut stdout, stdout_writer) = io::pipe()?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    let run = thread::spawn(move || {
        let mut reported = Reported::default();
        let stdio =
            Stdio { stdin: null.as_fd(), stdout: stdout_writer.as_fd(), stderr: null.as_fd() };
        run_on(&script("exec yes"), stdio, &mut reported, || 0).map(|exit| (exit, reported))
    });
    read_until(&mut stdout, "y\n")?;
    drop(stdout);
    let (exit, reported) = run.join().map_err(|_| "the runner panicked")??;
    assert_eq!(exit.propagated_code(), 128 + 13);
    assert!(reported.lines.len() > 1);
    Ok(())
}

#[test]
fn the_other_stream_goes_on_when_one_is_closed() -> Outcome {
    let (stdout, stdout_writer) = io::pipe()?;
    drop(stdout);
    let null = File::options().read(true).write(true).open("/dev/null")?;
    let stdio = Stdio { stdin: null.as_fd(), stdout: stdout_writer.as_fd(), stderr: null.as_fd() };
    let mut reported = Reported::default();
    let text = "trap '' PIPE; while echo out 2>/dev/null; do :; done; echo still here >&2; exit 5";
    let exit = run_on(&script(text), stdio, &mut reported, || 0)?;
    assert_eq!(exit.code, Some(5));
    assert_eq!(reported.text(Stream::Stderr), ["still here"]);
    Ok(())
}

#[test]
fn a_sink_is_called_by_the_time_it_asks_for() -> Outcome {
    struct Waking(usize, Option<PipeWriter>);
    impl Sink for Waking {
        fn line(&mut self, _: Stream, _: i64, _: &[u8], _: bool) {}
        fn event(&mut self, _: i64, _: &str) {}
        fn before_wait(&mut self, _time_ms: i64) -> Option<Duration> {
            self.0 += 1;
            if self.0 == 5 {
                self.1 = None;
            }
            Some(Duration::from_millis(1))
        }
    }
    let (stdin, writer) = io::pipe()?;
    let null = File::options().write(true).open("/dev/null")?;
    let stdio = Stdio { stdin: stdin.as_fd(), stdout: null.as_fd(), stderr: null.as_fd() };
    // `cat` ends only because the fifth call closes its input.
    let exit = run_on(&script("exec cat"), stdio, &mut Waking(0, Some(writer)), || 0)?;
    assert_eq!(exit.code, Some(0));
    Ok(())
}

#[test]
fn output_to_a_file_is_complete() -> Outcome {
    let mut file = tempfile::tempfile()?;
    let null = File::open("/dev/null")?;
    let stdio = Stdio { stdin: null.as_fd(), stdout: file.as_fd(), stderr: file.as_fd() };
    run_on(&script("seq 1 100000"), stdio, &mut Reported::default(), || 0)?;
    let mut shown = String::new();
    io::Seek::rewind(&mut file)?;
    file.read_to_string(&mut shown)?;
    assert_eq!(shown.lines().count(), 100_000);
    Ok(())
}

#[test]
fn the_environment_and_the_directory_are_the_ones_told() -> Outcome {
    let directory = tempfile::tempdir()?;
    let command = script("echo $GREETING; pwd -P").env("GREETING", "hello");
    let (exit, stdout, _) =
        play_to(&command.current_dir(directory.path()), &mut Reported::default())?;
    exit?;
    let path = directory.path().canonicalize()?;
    assert_eq!(String::from_utf8(stdout)?, format!("hello\n{}\n", path.display()));
    Ok(())
}
