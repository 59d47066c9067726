//! {{part}}: {{what}}.
use std::net::TcpStream;
use std::{env, io, process};

/// YOUR PART. One handshake as the client:
/// 1. send "HELLO X": in one write, and no newline follows
/// 2. receive "HELLO Y", and print it on a line of its own
/// 3. if Y is not X + 1, print "ERROR" on a line of its own; otherwise send "HELLO Z", where Z is Y + 1
/// It tells whether the handshake was completed. The connection is closed when it is dropped.
fn handshake(_server: TcpStream, _x: i32) -> io::Result<bool> {
    Ok(false)
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let x = match arguments.get(3).and_then(|text| text.parse().ok()) {
        Some(x) if arguments.len() == 4 => x,
        _ => {
            eprintln!("usage: tcpclient host port sequence");
            process::exit(1);
        }
    };
    let done = match TcpStream::connect(format!("{}:{}", arguments[1], arguments[2])) {
        Ok(server) => handshake(server, x).unwrap_or(false),
        Err(error) => {
            eprintln!("tcpclient: {error}");
            process::exit(1);
        }
    };
    process::exit(if done { 0 } else { 1 });
}
