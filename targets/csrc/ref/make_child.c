/* fork() fails when there are too many processes or too little memory:
 * fork(2). That concerns this one client. Closing the connection tells it at
 * once, and the server continues.
 */
#include "server.h"

pid_t make_child(int connfd)
{
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        close(connfd);
    }
    return pid;
}
