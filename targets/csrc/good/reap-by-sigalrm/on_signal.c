/* variant: reap-by-sigalrm
 * model:   forking
 * why:     A timer raises SIGALRM five times a second, and its handler reaps:
 *          zombies live for 200 ms. SIGCHLD keeps its default.
 * source:  setitimer(2); waitpid(2), WNOHANG
 */
#include "server.h"
#include <sys/time.h>

static void on_sigalrm(int signo)
{
    (void)signo;
    int saved = errno;
    reap();
    errno = saved;
}

void on_signal(void)
{
    struct sigaction action = {.sa_handler = on_sigalrm};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;

    struct timeval period = {.tv_usec = 200000};
    struct itimerval timer = {.it_interval = period, .it_value = period};
    if (sigaction(SIGALRM, &action, NULL) < 0 ||
        setitimer(ITIMER_REAL, &timer, NULL) < 0) {
        perror("timer");
        exit(EXIT_FAILURE);
    }
}
