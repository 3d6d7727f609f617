// A thread for each connection, with the standard library alone.
use std::{env, io, net::TcpListener, thread};

fn main() {
    let port = env::args().nth(1).expect("usage: echo PORT");
    let listener = TcpListener::bind(format!("0.0.0.0:{port}")).expect("bind");
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        thread::spawn(move || io::copy(&mut &stream, &mut &stream));
    }
}
