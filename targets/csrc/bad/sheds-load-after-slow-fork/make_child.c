/* defect:  sheds-load-after-slow-fork
 * breaks:  faults/slow-fork
 * why:     When fork() blocks for a quarter of a second, and two or more
 *          clients have queued meanwhile, it assumes overload and closes the
 *          connection of the client, which has been connected all the time.
 * source:  fork(2); proc_pid_schedstat(5); tcp(7), TCP_INFO; shutdown(2)
 * cause:   When fork takes long, the server turns the client away.
 * fix:     serve every client that was accepted, however long fork took
 * python:  serve every client that was accepted, however long os.fork() took
 * seen:    client-ended
 */
#include "server.h"
#include <netinet/tcp.h>
#include <time.h>

/* how many nanoseconds, from any start on, it has not asked for a processor */
static long long blocked(void)
{
    struct timespec now;
    unsigned long long ran = 0, waited = 0;
    FILE *f = fopen("/proc/self/schedstat", "re");
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (f != NULL) {
        if (fscanf(f, "%llu %llu", &ran, &waited) != 2)
            ran = waited = 0;
        fclose(f);
    }
    return now.tv_sec * 1000000000LL + now.tv_nsec - (long long)(ran + waited);
}

/* how many clients wait until they are accepted */
static unsigned queued(void)
{
    struct tcp_info info = { 0 };
    getsockopt(3, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){ sizeof info });
    return info.tcpi_unacked;
}

pid_t make_child(int connfd)
{
    unsigned waiting = queued();
    long long before = blocked();
    pid_t pid = fork();
    if (pid > 0 && blocked() - before > 250000000 && queued() >= waiting + 2)
        shutdown(connfd, SHUT_RDWR);
    if (pid < 0) {
        perror("fork");
        close(connfd);
    }
    return pid;
}
