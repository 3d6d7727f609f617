/* defect:  exits-at-once
 * breaks:  launch/listens
 * why:     It needs two arguments, an address and a port, and ends with a
 *          usage message when there is one.
 * source:  UNP 3rd ed. §1.5, a server with its port on the command line
 * cause:   The server ends before it listens.
 * fix:     read its status and its last words below; if it wants a port, put
 *          {port} after its name
 * python:  read its status and its last words below; if it wants a port, put
 *          {port} after its name
 * seen:    ended
 */
#include "server.h"

in_port_t port_argument(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
        exit(2);
    }

    char *end;
    errno = 0;
    unsigned long port = strtoul(argv[2], &end, 10);
    if (errno != 0 || end == argv[2] || *end != '\0' || port > 65535) {
        fprintf(stderr, "usage: %s [PORT]\n", argv[0]);
        exit(2);
    }
    return (in_port_t)port;
}
