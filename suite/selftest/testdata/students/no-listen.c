/* forgets listen, and sleeps over the error of accept */
#include "student.h"

int main(int argc, char **argv)
{
    int fd = bound(htons((unsigned short)atoi(argv[argc - 1])));

    for (;;)
        if (accept(fd, NULL, NULL) < 0)
            pause();
}
