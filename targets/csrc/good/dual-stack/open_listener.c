/* variant: dual-stack
 * model:   forking
 * why:     Listens on one IPv6 socket that takes IPv4 clients too, as mapped
 *          addresses: what most modern servers do. /proc/net/tcp does not
 *          show it, /proc/net/tcp6 does.
 * source:  ipv6(7), IPV6_V6ONLY; UNP 3rd ed. §12.2; RFC 3493 §3.7
 */
#include "server.h"

int open_listener(in_port_t port)
{
    int listenfd = socket(AF_INET6, SOCK_STREAM, 0);
    if (listenfd < 0) {
        perror("socket");
        exit(EXIT_FAILURE);
    }

    int on = 1;
    if (setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        perror("SO_REUSEADDR");

    int only = 0;           /* IPv4 clients as well */
    if (setsockopt(listenfd, IPPROTO_IPV6, IPV6_V6ONLY, &only,
                   sizeof only) < 0) {
        perror("IPV6_V6ONLY");
        exit(EXIT_FAILURE);
    }

    struct sockaddr_in6 addr = {
        .sin6_family = AF_INET6,
        .sin6_port = htons(port),
        .sin6_addr = in6addr_any,
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
