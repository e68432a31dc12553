"""A stand-in for qasync, which Debian 12 has not: asyncio's loop on Qt's, with what the package and its
example use of it. As there, readers are QSocketNotifiers that are off while their callback runs, calls are
timers of Qt, and running the loop is running the application.
"""
import asyncio
import time

from PyQt5 import QtCore


class _Calls(QtCore.QObject):
    """Timers of the loop's thread; a call from another one comes by the queue of events."""

    come = QtCore.pyqtSignal(object, float)

    def __init__(self):
        super().__init__()
        self.waiting = {}
        self.come.connect(self.add)

    def add(self, handle, delay):
        self.waiting[self.startTimer(max(0, int(delay * 1000 + 0.999)))] = handle

    def timerEvent(self, event):
        self.killTimer(event.timerId())
        handle = self.waiting.pop(event.timerId(), None)
        if handle is not None and not handle.cancelled():
            handle._run()


class QEventLoop(asyncio.AbstractEventLoop):
    def __init__(self, application):
        self.application = application
        self.calls = _Calls()
        self.readers = {}
        self.closed = self.running = False
        self.failed = []

    def time(self):
        return time.monotonic()

    def get_debug(self):
        return False

    def is_running(self):
        return self.running

    def is_closed(self):
        return self.closed

    def create_future(self):
        return asyncio.Future(loop=self)

    def create_task(self, coroutine, *, name=None, context=None):
        return asyncio.Task(coroutine, loop=self, name=name)

    def call_soon(self, callback, *args, context=None):
        return self.call_later(0, callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None):
        return self.call_later(when - self.time(), callback, *args, context=context)

    def call_later(self, delay, callback, *args, context=None):
        if self.closed:
            raise RuntimeError("the loop is closed")
        handle = asyncio.Handle(callback, args, self, context)
        self.calls.add(handle, delay)
        return handle

    def call_soon_threadsafe(self, callback, *args, context=None):
        if self.closed:
            raise RuntimeError("the loop is closed")
        handle = asyncio.Handle(callback, args, self, context)
        self.calls.come.emit(handle, 0.0)
        return handle

    def _timer_handle_cancelled(self, handle):
        pass

    def call_exception_handler(self, context):
        self.failed.append(context)

    def add_reader(self, fd, callback, *args):
        self.remove_reader(fd)
        notifier = QtCore.QSocketNotifier(fd, QtCore.QSocketNotifier.Read)

        def ready(_):
            if self.readers.get(fd) is not notifier:
                return
            notifier.setEnabled(False)
            try:
                callback(*args)
            finally:
                if self.readers.get(fd) is notifier:
                    notifier.setEnabled(True)
        notifier.activated.connect(ready)
        self.readers[fd] = notifier

    def remove_reader(self, fd):
        notifier = self.readers.pop(fd, None)
        if notifier is None:
            return False
        notifier.setEnabled(False)
        notifier.deleteLater()
        return True

    def run_forever(self):
        self.running = True
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            self.application.exec_()
        finally:
            asyncio._set_running_loop(before)
            self.running = False

    def run_until_complete(self, future):
        future = asyncio.ensure_future(future, loop=self)
        future.add_done_callback(lambda _: self.stop())
        self.run_forever()
        if not future.done():
            raise RuntimeError("the application ended before the program")
        return future.result()

    def stop(self):
        self.application.quit()

    def close(self):
        self.closed = True
        for fd in list(self.readers):
            self.remove_reader(fd)
        self.calls.waiting.clear()

    def __enter__(self):
        asyncio.set_event_loop(self)
        return self

    def __exit__(self, *_):
        self.close()
        asyncio.set_event_loop(None)
