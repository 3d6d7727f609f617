/* fork() fails when there are too many processes or too little memory:
 * fork(2). That is bad luck for this one client. Closing the connection tells
 * it so at once, and the server goes on.
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
