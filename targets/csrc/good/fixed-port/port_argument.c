/* variant: fixed-port
 * model:   forking
 * args:
 * why:     Has its port in its source and takes no argument: the most common
 *          design of student servers. 9877 is the port of UNP's examples.
 * source:  UNP 3rd ed. §5.2, SERV_PORT
 */
#include "server.h"

in_port_t port_argument(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 9877;
}
