/* Both ends do not block: the handler must never wait, and when the pipe is
 * full there is a byte in it, which is all that the loop wants to know.
 */
#include "server.h"
#include "self_pipe.h"

int self_pipe[2];

static void on_sigchld(int signo)
{
    (void)signo;
    int saved = errno;
    if (write(self_pipe[1], "", 1) < 0) {
        /* full: the loop has been told already */
    }
    errno = saved;
}

void on_signal(void)
{
    struct sigaction action = {.sa_handler = on_sigchld};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    if (pipe2(self_pipe, O_NONBLOCK | O_CLOEXEC) < 0 ||
        sigaction(SIGCHLD, &action, NULL) < 0) {
        perror("self-pipe");
        exit(EXIT_FAILURE);
    }
}
