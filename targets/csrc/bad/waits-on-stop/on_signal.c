/* defect:  waits-on-stop
 * breaks:  reaping/stopped-child signals/stop-continue
 *          signals/spurious-sigchld signals/storm
 * why:     It takes every SIGCHLD for an ended child. Without SA_NOCLDSTOP
 *          the kernel sends one for a stopped child, too, and wait() then
 *          blocks the server in its handler.
 * source:  sigaction(2), SA_NOCLDSTOP; wait(2)
 * cause:   The server takes every SIGCHLD for an ended child: a stopped one
 *          blocks it in wait.
 * fix:     while (waitpid(-1, NULL, WNOHANG) > 0) ; in the handler, and
 *          SA_NOCLDSTOP
 * python:  call os.waitpid(-1, os.WNOHANG) in a loop until it returns pid 0
 *          or raises ChildProcessError, not os.wait()
 * seen:    parent-waits
 */
#include "server.h"

static void on_sigchld(int signo)
{
    (void)signo;
    int saved = errno;
    wait(NULL);         /* the one that ended */
    reap();             /* and those that ended with it */
    errno = saved;
}

void on_signal(void)
{
    struct sigaction action = {.sa_handler = on_sigchld};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    if (sigaction(SIGCHLD, &action, NULL) < 0) {
        perror("sigaction");
        exit(EXIT_FAILURE);
    }
}
