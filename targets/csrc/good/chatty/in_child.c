/* variant: chatty
 * model:   forking
 * why:     Prints a banner at its start and four pipes full for every
 *          client, on standard output: it hangs unless they are read.
 * source:  pipe(7), PIPE_BUF and blocking writes
 */
#include "server.h"

void in_child(int listenfd)
{
    close(listenfd);
    signal(SIGCHLD, SIG_DFL);

    for (int line = 0; line < 4096; line++)
        printf("child %10d: debug: this is line number %10d of many\n",
               (int)getpid(), line);
    fflush(stdout);
}
