#include "top_screen.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static bool opened;

static void write_all(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t done = write(STDOUT_FILENO, text, length);
        if (done < 0 && errno != EINTR)
            return; /* the terminal has gone; SIGHUP is on its way */
        if (done > 0) {
            text += done;
            length -= (size_t)done;
        }
    }
}

bool screen_possible(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) && term != NULL &&
           strcmp(term, "dumb") != 0;
}

int screen_open(void)
{
    static const char begin[] = "\033[?1049h\033[?25l\033[2J";
    struct termios raw;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return -1;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0)
        return -1;
    opened = true;
    atexit(screen_close);
    write_all(begin, sizeof begin - 1);
    return 0;
}

void screen_close(void)
{
    static const char end[] = "\033[?25h\033[?1049l";
    if (!opened)
        return;
    opened = false;
    write_all(end, sizeof end - 1);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void screen_size(size_t *columns, size_t *rows)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    *columns = known ? size.ws_col : 80;
    *rows = known ? size.ws_row : 24;
}

int screen_key(void)
{
    unsigned char c[8];
    struct pollfd waits = {STDIN_FILENO, POLLIN, 0};
    if (poll(&waits, 1, 0) != 1 || (waits.revents & POLLIN) == 0)
        return 0;
    if (read(STDIN_FILENO, c, 1) != 1)
        return 0;
    if (c[0] != 033)
        return c[0];
    ssize_t more = read(STDIN_FILENO, c, sizeof c); /* of an arrow key, come at once */
    if (more < 2 || c[0] != '[')
        return 033;
    switch (c[1]) {
    case 'A':
        return SCREEN_UP;
    case 'B':
        return SCREEN_DOWN;
    case '5':
        return SCREEN_PAGE_UP;
    case '6':
        return SCREEN_PAGE_DOWN;
    default:
        return 033;
    }
}

void screen_show(const char *text, size_t length)
{
    write_all("\033[H", 3);
    write_all(text, length);
    write_all("\033[K\033[J", 6);
}
