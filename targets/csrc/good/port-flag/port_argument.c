/* variant: port-flag
 * model:   forking
 * args:    -p {port}
 * why:     Takes its port from a flag, and nothing as a plain argument.
 * source:  getopt(3)
 */
#include "server.h"

in_port_t port_argument(int argc, char **argv)
{
    unsigned long port = 65536;
    int flag;
    while ((flag = getopt(argc, argv, "p:")) == 'p')
        port = strtoul(optarg, NULL, 10);
    if (flag != -1 || port > 65535) {
        fprintf(stderr, "usage: %s -p PORT\n", argv[0]);
        exit(2);
    }
    return (in_port_t)port;
}
