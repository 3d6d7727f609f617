/* hostile:      kill-everyone
 * threat:       Sends every signal to every process that it may signal.
 * contained-by: the pid namespace: the grader is not in it, and its first
 *               process takes no signal from inside
 * from:         uid
 * expect:       judged
 * source:       kill(2), pid -1; pid_namespaces(7); landlock(7), scopes
 */
#include "hostile/attempt.h"

void ready(int listenfd)
{
    (void)listenfd;
    for (int signo = 1; signo <= SIGRTMAX; signo++)
        kill(-1, signo);
    all_tried();
}
