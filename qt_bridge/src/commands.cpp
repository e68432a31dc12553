// From the bridge's arguments to one call of the C library.
#include <QtCore/QVarLengthArray>

#include "error_p.h"
#include "proxy_p.h"

namespace UpbitLive
{
quint64 ProxyPrivate::command(const Call &call, const Want &want)
{
    static std::atomic<quint64> lastRequest{0};
    const QExplicitlySharedDataPointer<ProxyPrivate> keep(
        this); // a slot of errorOccurred may delete
    if (handle == nullptr) {
        Error e = lastError;
        if (!e) {
            e.code = UPBIT_ERROR_CLOSED;
            e.message = QString::fromUtf8(upbit_error_string(e.code));
        }
        return refuse(e);
    }
    QVector<QByteArray> texts;
    QVarLengthArray<const char *, 64> pointers;
    texts.reserve(want.codes.size());
    for (const QString &code : want.codes) {
        texts.append(code.toUtf8());
        pointers.append(texts.constLast().constData());
    }
    upbit_want w = UPBIT_WANT_INIT;
    w.type = want.type;
    w.flags = static_cast<unsigned>(static_cast<int>(want.flags));
    w.codes = pointers.constData();
    w.code_count = static_cast<size_t>(pointers.size());
    w.candle_unit = static_cast<unsigned>(want.unit);
    // Negative numbers become ones the library refuses with its own words.
    w.book_depth = static_cast<unsigned>(want.depth);
    if (!want.level.isNull())
        w.book_level = want.level.value();
    w.count = static_cast<uint32_t>(want.count);
    w.before = want.before;
    const quint64 requestId = lastRequest.fetch_add(1, std::memory_order_relaxed) + 1;
    const int error = call(handle, &w, requestId);
    if (error >= 0)
        return requestId;
    return refuse(lastCallError(error));
}
} // namespace UpbitLive
