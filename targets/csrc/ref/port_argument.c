/* Port 0 is a request to the kernel: choose any free port (ip(7)). */
#include "server.h"

in_port_t port_argument(int argc, char **argv)
{
    if (argc < 2)
        return 0;

    char *end;
    errno = 0;
    unsigned long port = strtoul(argv[1], &end, 10);
    if (errno != 0 || end == argv[1] || *end != '\0' || port > 65535) {
        fprintf(stderr, "usage: %s [PORT]\n", argv[0]);
        exit(2);
    }
    return (in_port_t)port;
}
