/* defect:  reuses-too-late
 * breaks:  launch/restarts-at-once
 * why:     bind() asks for SO_REUSEADDR; set after it, the option does nothing
 *          for the port, and a restart fails with EADDRINUSE.
 * source:  socket(7), SO_REUSEADDR; UNP 3rd ed. §7.5
 * cause:   The server sets SO_REUSEADDR after bind, so that it cannot start
 *          again at once.
 * fix:     call setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))
 *          before bind
 * python:  call sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
 *          before bind()
 * seen:    reuses-late
 */
#include "server.h"

int open_listener(in_port_t port)
{
    int listenfd = socket(AF_INET, SOCK_STREAM, 0);
    if (listenfd < 0) {
        perror("socket");
        exit(EXIT_FAILURE);
    }

    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_ANY),
    };
    if (bind(listenfd, (struct sockaddr *)&addr, sizeof addr) < 0) {
        perror("bind");
        exit(EXIT_FAILURE);
    }

    int on = 1;
    if (setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        perror("SO_REUSEADDR");

    if (listen(listenfd, 1024) < 0) {
        perror("listen");
        exit(EXIT_FAILURE);
    }
    return listenfd;
}
