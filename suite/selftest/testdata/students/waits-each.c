/* waits for the child before it accepts again */
#include "student.h"

int main(int argc, char **argv)
{
    int fd = listening(argv[argc - 1]);

    for (;;) {
        int client = accept(fd, NULL, NULL);
        pid_t child = fork();

        if (child == 0) {
            close(fd);
            echo(client);
            exit(0);
        }
        close(client);
        wait(NULL);
    }
}
