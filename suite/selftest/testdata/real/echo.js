// A server of one thread that multiplexes its clients (libuv, epoll).
const net = require('net');
net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
}).listen(Number(process.argv[2]));
