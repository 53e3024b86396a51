//! What it costs to run a process under the runner: a million short lines through it, against the
//! same lines through `cat`, in turns. Both are read to the end by this program.
//!
//! ```text
//! cargo run --release -p runlog --example process_cost
//! ```

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    unix::main()
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use std::io::{self, Read};
    use std::os::fd::AsFd;
    use std::process::{Command as StdCommand, Stdio as StdStdio};
    use std::thread;
    use std::time::{Duration, Instant, SystemTime};

    use runlog::process::{Command, Sink, Stdio, Stream, TerminalMode, run_on};

    const ROUNDS: usize = 21;
    const PRODUCERS: [(&str, &str); 3] = [
        ("seq 1 1000000", "seq 1 1000000"),
        (
            "a million numbered lines of a slower program",
            "awk 'BEGIN { for (;i++ < 1000000;) print i, i * 7 }'",
        ),
        ("1 GB without a newline", "head -c 1000000000 /dev/zero"),
    ];

    #[derive(Default)]
    struct Count {
        lines: u64,
        bytes: u64,
    }

    impl Sink for Count {
        fn line(&mut self, _stream: Stream, _time_ms: i64, bytes: &[u8], continued: bool) {
            self.lines += u64::from(!continued);
            self.bytes += bytes.len() as u64;
        }
        fn event(&mut self, _time_ms: i64, _json: &str) {}
    }

    pub(super) fn main() -> io::Result<()> {
        println!("{:<48} {:>9} {:>9} {:>6}  (quartiles)", "producer", "cat ms", "run ms", "ratio");
        for (name, script) in PRODUCERS {
            let rounds = if name.starts_with("1 GB") { 5 } else { ROUNDS };
            let mut pairs = Vec::new();
            for _ in 0..rounds {
                pairs.push((through_cat(script)?, through_runner(script)?));
            }
            report(name, &pairs);
        }
        Ok(())
    }

    fn report(name: &str, pairs: &[(Duration, Duration)]) {
        let sorted = |values: Vec<f64>| {
            let mut values = values;
            values.sort_by(f64::total_cmp);
            values
        };
        let cat = sorted(pairs.iter().map(|pair| pair.0.as_secs_f64() * 1e3).collect());
        let run = sorted(pairs.iter().map(|pair| pair.1.as_secs_f64() * 1e3).collect());
        let ratio = sorted(pairs.iter().map(|p| p.1.as_secs_f64() / p.0.as_secs_f64()).collect());
        let at = |values: &[f64], quarter: usize| values[(values.len() - 1) * quarter / 4];
        println!(
            "{name:<48} {:>9.1} {:>9.1} {:>6.2}  ({:.2} to {:.2})",
            at(&cat, 2),
            at(&run, 2),
            at(&ratio, 2),
            at(&ratio, 1),
            at(&ratio, 3)
        );
    }

    fn through_cat(script: &str) -> io::Result<Duration> {
        let (reader, writer) = io::pipe()?;
        let began = Instant::now();
        let mut producer =
            StdCommand::new("sh").args(["-c", script]).stdout(StdStdio::piped()).spawn()?;
        let output = producer.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut cat = StdCommand::new("cat").stdin(output).stdout(writer).spawn()?;
        read_all(reader)?;
        producer.wait()?;
        cat.wait()?;
        Ok(began.elapsed())
    }

    fn through_runner(script: &str) -> io::Result<Duration> {
        let (reader, writer) = io::pipe()?;
        let (input, error) = (io::stdin(), io::stderr());
        let began = Instant::now();
        let reading = thread::spawn(move || read_all(reader));
        let mut count = Count::default();
        let stdio = Stdio { stdin: input.as_fd(), stdout: writer.as_fd(), stderr: error.as_fd() };
        let command = Command::new("sh").args(["-c", script]).terminal(TerminalMode::Never);
        run_on(&command, stdio, &mut count, now_ms).map_err(io::Error::other)?;
        drop(writer);
        let shown = reading.join().map_err(|_| io::ErrorKind::Other)??;
        assert!(shown >= count.bytes && count.lines <= 1_000_000);
        Ok(began.elapsed())
    }

    fn read_all(mut from: impl Read) -> io::Result<u64> {
        let mut block = vec![0; 64 * 1024];
        let mut total = 0;
        loop {
            match from.read(&mut block)? {
                0 => return Ok(total),
                count => total += count as u64,
            }
        }
    }

    fn now_ms() -> i64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}
