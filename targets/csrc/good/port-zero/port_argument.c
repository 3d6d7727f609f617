/* variant: port-zero
 * model:   forking
 * args:
 * why:     Always lets the kernel choose the port, and prints which one it
 *          got.
 * source:  ip(7), ip_local_port_range; UNP 3rd ed. §4.4
 */
#include "server.h"

in_port_t port_argument(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}
