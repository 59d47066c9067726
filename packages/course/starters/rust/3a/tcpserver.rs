//! {{part}}: {{what}}.
use std::net::{TcpListener, TcpStream};
use std::{env, io, process};

/// YOUR PART. One handshake with a client that has connected:
/// 1. receive "HELLO X", and print it on a line of its own
/// 2. send "HELLO Y", where Y is X + 1: in one write, and no newline follows
/// 3. receive "HELLO Z", and print it; if Z is not Y + 1, print "ERROR" on a line of its own
/// A client may leave at any moment: read then returns 0 or an error. The connection is closed when it is dropped.
fn handshake(_client: TcpStream) -> io::Result<()> {
    Ok(())
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().collect();
    if arguments.len() != 2 {
        eprintln!("usage: tcpserver port");
        process::exit(1);
    }
    let listener = TcpListener::bind(format!("0.0.0.0:{}", arguments[1]))?;
    for client in listener.incoming().flatten() {
        let _ = handshake(client);
    }
    Ok(())
}
