//! {{part}}: the client, which is complete.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use std::{env, io, process};

fn handshake(mut server: TcpStream, x: i64) -> io::Result<bool> {
    server.set_read_timeout(Some(Duration::from_secs(5)))?;
    server.write_all(format!("HELLO {x}").as_bytes())?;
    let mut buffer = [0; 1024];
    let n = server.read(&mut buffer)?;
    if n == 0 {
        return Ok(false);
    }
    let text = String::from_utf8_lossy(&buffer[..n]);
    let text = text.trim_end_matches(['\0', '\r', '\n']);
    println!("{text}");
    if text != format!("HELLO {}", x + 1) {
        return Ok(false);
    }
    server.write_all(format!("HELLO {}", x + 2).as_bytes())?;
    Ok(true)
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
    if !done {
        println!("ERROR");
    }
    process::exit(if done { 0 } else { 1 });
}
