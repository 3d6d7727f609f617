/* socket, bind, listen: as the reference does, but on 127.0.0.1 alone. Files of
 * the folder that it is started in are for this machine, not for the network.
 */
#include "server.h"

int open_listener(in_port_t port)
{
    int listenfd = socket(AF_INET, SOCK_STREAM, 0);
    if (listenfd < 0) {
        perror("socket");
        exit(EXIT_FAILURE);
    }

    int on = 1;
    if (setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        perror("SO_REUSEADDR");

    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (bind(listenfd, (struct sockaddr *)&addr, sizeof addr) < 0) {
        perror("bind");
        exit(EXIT_FAILURE);
    }
    if (listen(listenfd, 1024) < 0) {
        perror("listen");
        exit(EXIT_FAILURE);
    }
    return listenfd;
}
