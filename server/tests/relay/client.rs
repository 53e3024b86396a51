//! HTTP/1.1 as small as can be, one connection a request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

pub fn write_request(
    stream: &mut impl Write,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    // A server that refuses early may close before everything is written.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let _ = stream.flush();
}

pub fn read_head(stream: &mut impl BufRead) -> Response {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    Response { status: status.unwrap_or_else(|| panic!("{line:?}")), headers, body: Vec::new() }
}

pub fn exchange(
    stream: impl Read + Write,
    target: (&str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    let mut stream = BufReader::new(stream);
    write_request(stream.get_mut(), target, headers, body);
    let mut response = read_head(&mut stream);
    if response.header("transfer-encoding") == Some("chunked") {
        while let Some(chunk) = read_chunk(&mut stream) {
            response.body.extend(chunk);
        }
    } else {
        let length = response.header("content-length").map_or(0, |length| length.parse().unwrap());
        response.body = vec![0; length];
        stream.read_exact(&mut response.body).unwrap();
    }
    response
}

/// The next chunk of a body; `None` behind the last.
pub fn read_chunk(stream: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let length = usize::from_str_radix(line.trim(), 16).ok()?;
    let mut chunk = vec![0; length + 2];
    stream.read_exact(&mut chunk).ok()?;
    chunk.truncate(length);
    (length > 0).then_some(chunk)
}

pub fn request(
    address: SocketAddr,
    target: (&str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    exchange(TcpStream::connect(address).unwrap(), target, headers, body)
}
