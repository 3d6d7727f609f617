/* variant: two-ports
 * model:   forking
 * why:     Listens on the port that it was given and on a second one, and
 *          takes clients from both: a port for encryption or for the
 *          administrator beside the usual one. The child closes both.
 * source:  UNP 3rd ed. §13.5, inetd; poll(2)
 */
#include "server.h"
#include "second_listener.h"

int second_listener;

static int listener_on(in_port_t port)
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
        .sin_addr.s_addr = htonl(INADDR_ANY),
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

int open_listener(in_port_t port)
{
    second_listener = listener_on(0);
    return listener_on(port);
}
