// UpbitLive/widgets/translation.h - the texts of the models and widgets in the user's language.
#ifndef UPBITLIVE_WIDGETS_TRANSLATION_H
#define UPBITLIVE_WIDGETS_TRANSLATION_H

#include <QtCore/QLocale>
#include <UpbitLive/widgets/format.h>

namespace UpbitLive
{
// Installs the library's texts for the locale in the application object: Korean is there, every other
// language reads English. Call it again to change the language; widgets repaint on LanguageChange,
// models are asked anew by their views. Main thread, after the application object was made. True when
// the language is one the library has.
UPBITLIVE_WIDGETS_EXPORT bool installTranslation(const QLocale &locale = QLocale());
} // namespace UpbitLive

#endif
