/* hostile:      fork-and-exit
 * threat:       Ten processes that fork and end, again and again, each in a
 *               session of its own: whoever kills by PID always comes late.
 * contained-by: the pid namespace, which ends as a whole; else killing until
 *               wait4(2) says that no child is left
 * from:         same-uid
 * expect:       judged or error
 * source:       pid_namespaces(7); wait(2), ECHILD
 */
#include "hostile/attempt.h"

void ready(int listenfd)
{
    for (int hopper = 0; hopper < 10; hopper++) {
        if (!attacker(listenfd))
            continue;
        for (;;) {
            if (fork() > 0)
                _exit(0);
            setsid();
        }
    }
    all_tried();
}
