// The user's own class in the guide's example of a test.
#ifndef FRAMES_ALARM_H
#define FRAMES_ALARM_H

#include <UpbitLive/Manager>

class Alarm : public QObject
{
    Q_OBJECT
  public:
    Alarm(UpbitLive::Manager *manager, const char *code, int limit);
  Q_SIGNALS:
    void rang();
};

#endif
