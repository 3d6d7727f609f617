/* hostile:      connect-out
 * threat:       Connects to other machines and to what listens on this one,
 *               by TCP, UDP, raw and abstract sockets.
 * contained-by: a network namespace of its own with nothing but loopback
 * from:         namespaces
 * expect:       judged
 * source:       network_namespaces(7); unix(7), abstract
 */
#include "hostile/attempt.h"
#include <arpa/inet.h>
#include <stddef.h>
#include <sys/un.h>

enum { OUTSIDE_PORT = 7999, DNS_PORT = 53 };

static void reach(int type, const char *address, int port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((in_port_t)port),
    };
    inet_pton(AF_INET, address, &to.sin_addr);
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 &&
        errno == EINPROGRESS) {
        struct pollfd connected = {.fd = fd, .events = POLLOUT};
        poll(&connected, 1, 100);
    }
    long sent = send(fd, "secret", 6, MSG_NOSIGNAL);
    if (type == SOCK_STREAM) /* a datagram that is sent need not arrive */
        attempted(sent, "sending to %s:%d", address, port);
    close(fd);
}

static void reach_abstract(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "\0outside"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    attempted(connect(fd, (struct sockaddr *)&to,
                      offsetof(struct sockaddr_un, sun_path) + 8),
              "connecting to an abstract socket");
    close(fd);
}

void ready(int listenfd)
{
    static const char *const addresses[] = {"127.0.0.1", "192.0.2.1"};
    (void)listenfd;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        reach(SOCK_STREAM, addresses[i], OUTSIDE_PORT);
        reach(SOCK_DGRAM, addresses[i], OUTSIDE_PORT);
    }
    reach(SOCK_STREAM, "198.51.100.1", DNS_PORT);
    attempted(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "a raw socket");
    attempted(socket(AF_PACKET, SOCK_RAW, 0), "a packet socket");
    reach_abstract();
    all_tried();
}
