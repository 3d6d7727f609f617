/* hostile:      misleading-name
 * threat:       Names itself so that who reads /proc reads something else: a
 *               zombie, a kernel thread, the end of a line.
 * contained-by: /proc/PID/stat is read from its last parenthesis; names are
 *               escaped
 * from:         same-uid
 * expect:       conformant
 * source:       proc_pid_stat(5); prctl(2), PR_SET_NAME
 */
#include "hostile/attempt.h"

void start(void)
{
    prctl(PR_SET_NAME, ") Z 1 1\n(\033[8m");
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    all_tried();
}
