//! What one writes in Rust with tokio: a task per connection.
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn parse(message: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(message).ok()?;
    text.trim_end_matches(['\0', '\r', '\n']).strip_prefix("HELLO ")?.parse().ok()
}

async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 64];
    let length = stream.read(&mut buffer).await?;
    let x = match parse(&buffer[..length]) {
        Some(x) => x,
        None => return Ok(()),
    };
    stream.write_all(format!("HELLO {}", x + 1).as_bytes()).await?;
    let length = stream.read(&mut buffer).await?;
    if parse(&buffer[..length]) != Some(x + 2) {
        println!("ERROR");
    }
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_default();
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    eprintln!("listening on {}", listener.local_addr()?.port());
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    }
}
