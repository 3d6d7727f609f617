/* serves 25 clients, and rests for 12 seconds, in which others wait; with "refuses" as
 * its first argument it does not listen meanwhile */
#include "../students/student.h"
#include <string.h>

int main(int argc, char **argv)
{
    int fd = listening(argv[argc - 1]);
    int refuses = argc > 2 && strcmp(argv[1], "refuses") == 0;

    signal(SIGCHLD, SIG_IGN);
    for (int n = 1;; n++) {
        int client = accept(fd, NULL, NULL);
        if (client < 0)
            continue;
        if (fork() == 0) {
            close(fd);
            echo(client);
            exit(0);
        }
        close(client);
        if (n % 25 != 0)
            continue;
        if (refuses)
            close(fd);
        sleep(12);
        if (refuses)
            fd = listening(argv[argc - 1]);
    }
}
