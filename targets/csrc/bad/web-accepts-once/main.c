/* defect:   web-accepts-once
 * of:       web-server
 * like:     serves-once
 * breaks:   launch/serves-again concurrency/second-client
 *           concurrency/reverse-order concurrency/many concurrency/hundred
 *           concurrency/own-process
 * why:      It calls accept once: the first client gets its page, and the
 *           program ends.
 * source:   UNP 3rd ed. §4.6; accept(2)
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

    return serve(next_client(listenfd));
}
