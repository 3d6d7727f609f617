/* defect:  sheds-load-after-slow-fork
 * breaks:  faults/slow-fork
 * why:     When fork() takes a quarter of a second, and further clients have
 *          queued meanwhile, it assumes overload and closes the connection
 *          of the client, which has been connected all the time.
 * source:  fork(2); times(2); getrusage(2), ru_nvcsw; shutdown(2)
 * cause:   When fork takes long, the server turns the client away.
 * fix:     serve every client that was accepted, however long fork took
 * python:  serve every client that was accepted, however long os.fork() took
 * seen:    client-ended
 */
#include "server.h"
#include <poll.h>
#include <sys/resource.h>
#include <sys/times.h>

pid_t make_child(int connfd)
{
    struct rusage was, is;
    getrusage(RUSAGE_SELF, &was);
    clock_t before = times(NULL);
    pid_t pid = fork();
    getrusage(RUSAGE_SELF, &is);
    if (times(NULL) - before > 25 && is.ru_nvcsw > was.ru_nvcsw &&
        poll(&(struct pollfd){ 3, POLLIN, 0 }, 1, 0) > 0)
        shutdown(connfd, SHUT_RDWR);
    if (pid < 0) {
        perror("fork");
        close(connfd);
    }
    return pid;
}
