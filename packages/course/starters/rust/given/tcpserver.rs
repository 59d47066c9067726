//! {{part}}: {{what}}.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::{env, io, process};

/// One message; none when the client has gone.
fn receive(client: &mut TcpStream) -> io::Result<Option<String>> {
    let mut buffer = [0; 1024];
    let n = client.read(&mut buffer)?;
    let text = String::from_utf8_lossy(&buffer[..n]);
    Ok((n > 0).then(|| text.trim_end_matches(['\0', '\r', '\n']).to_string()))
}

fn number(text: &str) -> Option<i64> {
    text.strip_prefix("HELLO ")?.parse().ok()
}

fn handshake(mut client: TcpStream) -> io::Result<()> {
    let first = match receive(&mut client)? {
        Some(text) => text,
        None => return Ok(()),
    };
    println!("{first}");
    let x = match number(&first) {
        Some(x) => x,
        None => {
            println!("ERROR");
            return Ok(());
        }
    };
    client.write_all(format!("HELLO {}", x + 1).as_bytes())?;
    if let Some(text) = receive(&mut client)? {
        println!("{text}");
        if number(&text) != Some(x + 2) {
            println!("ERROR");
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().collect();
    if arguments.len() != 2 {
        eprintln!("usage: tcpserver port");
        process::exit(1);
    }
    let listener = TcpListener::bind(format!("0.0.0.0:{}", arguments[1]))?;
    // YOUR PART. {{yours}}
    for client in listener.incoming().flatten() {
        let _ = handshake(client);
    }
    Ok(())
}
