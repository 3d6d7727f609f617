/* variant:  web-server
 * model:    forking
 * protocol: http
 * why:      The web server that a course builds step by step, at its last
 *           step: it forks for each client, both processes close what they do
 *           not need, and a handler with a WNOHANG loop reaps the children.
 * source:   UNP 3rd ed. §5.10; RFC 1945
 */
#include "web.h"

/* children.c has all that concerns processes. The steps before this one are
 * faulty: web-iterative, web-closes-nothing, web-never-waits, web-waits-once,
 * web-goes-on; and web-accepts-once, which has no loop.
 */

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    int listenfd = open_listener(port_argument(argc, argv));
    watch_children();
    ready(listenfd);

    int connfd;
    while ((connfd = next_client(listenfd)) >= 0)
        serve_in_child(listenfd, connfd);
    perror("accept");
    return EXIT_FAILURE;
}
