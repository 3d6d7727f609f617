/* defect:  fork-failure-exits
 * breaks:  faults/fork-eagain faults/fork-enomem
 * why:     It ends when fork() fails for one client, and with it the service
 *          for all. fork() succeeds again as soon as some process ends.
 * source:  fork(2), EAGAIN and ENOMEM
 * cause:   The server ends when fork fails for one client.
 * fix:     when fork returns -1, close that client's connection and go on
 * python:  catch OSError around os.fork(), close that client's connection and
 *          go on
 * seen:    ended
 */
#include "server.h"

pid_t make_child(int connfd)
{
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        close(connfd);
        exit(EXIT_FAILURE);
    }
    return pid;
}
