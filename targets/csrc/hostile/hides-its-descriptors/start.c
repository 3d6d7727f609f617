/* hostile:      hides-its-descriptors
 * threat:       Makes itself one that cannot be dumped: then /proc shows its
 *               descriptors to none but root.
 * contained-by: forkproof stands above the server's user namespace, or says
 *               that it cannot see
 * from:         same-uid
 * expect:       conformant or error
 * source:       prctl(2), PR_SET_DUMPABLE; proc(5)
 */
#include "hostile/attempt.h"

void start(void)
{
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    all_tried();
}
