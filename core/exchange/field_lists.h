/* Every member of every message in wire order, for the tables (fields.c) and for the code that
 * reads them one behind the other (decode_wire.c). */
#ifndef UPBIT_EXCHANGE_FIELD_LISTS_H
#define UPBIT_EXCHANGE_FIELD_LISTS_H

/* X(T, kind, required, enumeration, member, name, simple), in wire order. Required is what the
 * public documents call always present and every recorded message has: a message without it says
 * nothing. */
#define TICKER(X, T)                                                                               \
    X(T, TYPE, 1, NONE, event.type, type, ty)                                                      \
    X(T, CODE, 1, NONE, event.code, code, cd)                                                      \
    X(T, DECIMAL, 1, NONE, opening_price, opening_price, op)                                       \
    X(T, DECIMAL, 1, NONE, high_price, high_price, hp)                                             \
    X(T, DECIMAL, 1, NONE, low_price, low_price, lp)                                               \
    X(T, DECIMAL, 1, NONE, trade_price, trade_price, tp)                                           \
    X(T, DECIMAL, 1, NONE, prev_closing_price, prev_closing_price, pcp)                            \
    X(T, DECIMAL, 1, NONE, acc_trade_price, acc_trade_price, atp)                                  \
    X(T, ENUM, 1, CHANGE, change, change, c)                                                       \
    X(T, DECIMAL, 1, NONE, change_price, change_price, cp)                                         \
    X(T, DECIMAL, 1, NONE, signed_change_price, signed_change_price, scp)                          \
    X(T, DECIMAL, 1, NONE, change_rate, change_rate, cr)                                           \
    X(T, DECIMAL, 1, NONE, signed_change_rate, signed_change_rate, scr)                            \
    X(T, ENUM, 0, SIDE, ask_bid, ask_bid, ab)                                                      \
    X(T, DECIMAL, 1, NONE, trade_volume, trade_volume, tv)                                         \
    X(T, DECIMAL, 1, NONE, acc_trade_volume, acc_trade_volume, atv)                                \
    X(T, STRING, 0, NONE, trade_date, trade_date, tdt)                                             \
    X(T, STRING, 0, NONE, trade_time, trade_time, ttm)                                             \
    X(T, TIMESTAMP, 1, NONE, trade_timestamp, trade_timestamp, ttms)                               \
    X(T, DECIMAL, 0, NONE, acc_ask_volume, acc_ask_volume, aav)                                    \
    X(T, DECIMAL, 0, NONE, acc_bid_volume, acc_bid_volume, abv)                                    \
    X(T, DECIMAL, 0, NONE, highest_52_week_price, highest_52_week_price, h52wp)                    \
    X(T, STRING, 0, NONE, highest_52_week_date, highest_52_week_date, h52wdt)                      \
    X(T, DECIMAL, 0, NONE, lowest_52_week_price, lowest_52_week_price, l52wp)                      \
    X(T, STRING, 0, NONE, lowest_52_week_date, lowest_52_week_date, l52wdt)                        \
    X(T, ENUM, 0, MARKET_STATE, market_state, market_state, ms)                                    \
    X(T, BOOL, 0, NONE, is_trading_suspended, is_trading_suspended, its)                           \
    X(T, STRING, 0, NONE, delisting_date, delisting_date, dd)                                      \
    X(T, ENUM, 0, MARKET_WARNING, market_warning, market_warning, mw)                              \
    X(T, TIMESTAMP, 1, NONE, event.exchange_ms, timestamp, tms)                                    \
    X(T, DECIMAL, 0, NONE, acc_trade_price_24h, acc_trade_price_24h, atp24h)                       \
    X(T, DECIMAL, 0, NONE, acc_trade_volume_24h, acc_trade_volume_24h, atv24h)                     \
    X(T, STREAM, 0, NONE, event.stream, stream_type, st)

#define TRADE(X, T)                                                                                \
    X(T, TYPE, 1, NONE, event.type, type, ty)                                                      \
    X(T, CODE, 1, NONE, event.code, code, cd)                                                      \
    X(T, TIMESTAMP, 0, NONE, event.exchange_ms, timestamp, tms)                                    \
    X(T, STRING, 0, NONE, trade_date, trade_date, td)                                              \
    X(T, STRING, 0, NONE, trade_time, trade_time, ttm)                                             \
    X(T, TIMESTAMP, 1, NONE, trade_timestamp, trade_timestamp, ttms)                               \
    X(T, DECIMAL, 1, NONE, trade_price, trade_price, tp)                                           \
    X(T, DECIMAL, 1, NONE, trade_volume, trade_volume, tv)                                         \
    X(T, ENUM, 1, SIDE, ask_bid, ask_bid, ab)                                                      \
    X(T, DECIMAL, 0, NONE, prev_closing_price, prev_closing_price, pcp)                            \
    X(T, ENUM, 0, CHANGE, change, change, c)                                                       \
    X(T, DECIMAL, 0, NONE, change_price, change_price, cp)                                         \
    X(T, INT, 0, NONE, sequential_id, sequential_id, sid)                                          \
    X(T, DECIMAL, 0, NONE, best_ask_price, best_ask_price, bap)                                    \
    X(T, DECIMAL, 0, NONE, best_ask_size, best_ask_size, bas)                                      \
    X(T, DECIMAL, 0, NONE, best_bid_price, best_bid_price, bbp)                                    \
    X(T, DECIMAL, 0, NONE, best_bid_size, best_bid_size, bbs)                                      \
    X(T, STREAM, 0, NONE, event.stream, stream_type, st)

#define ORDERBOOK(X, T)                                                                            \
    X(T, TYPE, 1, NONE, event.type, type, ty)                                                      \
    X(T, CODE, 1, NONE, event.code, code, cd)                                                      \
    X(T, TIMESTAMP, 1, NONE, event.exchange_ms, timestamp, tms)                                    \
    X(T, DECIMAL, 0, NONE, total_ask_size, total_ask_size, tas)                                    \
    X(T, DECIMAL, 0, NONE, total_bid_size, total_bid_size, tbs)                                    \
    X(T, ARRAY, 1, NONE, asks, orderbook_units, obu)                                               \
    X(T, STREAM, 0, NONE, event.stream, stream_type, st)                                           \
    X(T, DECIMAL, 0, NONE, level, level, lv)

#define CANDLE(X, T)                                                                               \
    X(T, TYPE, 1, NONE, event.type, type, ty)                                                      \
    X(T, CODE, 1, NONE, event.code, code, cd)                                                      \
    X(T, STRING, 1, NONE, candle_date_time_utc, candle_date_time_utc, cdttmu)                      \
    X(T, STRING, 0, NONE, candle_date_time_kst, candle_date_time_kst, cdttmk)                      \
    X(T, DECIMAL, 1, NONE, opening_price, opening_price, op)                                       \
    X(T, DECIMAL, 1, NONE, high_price, high_price, hp)                                             \
    X(T, DECIMAL, 1, NONE, low_price, low_price, lp)                                               \
    X(T, DECIMAL, 1, NONE, trade_price, trade_price, tp)                                           \
    X(T, DECIMAL, 1, NONE, candle_acc_trade_volume, candle_acc_trade_volume, catv)                 \
    X(T, DECIMAL, 0, NONE, candle_acc_trade_price, candle_acc_trade_price, catp)                   \
    X(T, TIMESTAMP, 0, NONE, event.exchange_ms, timestamp, tms)                                    \
    X(T, STREAM, 0, NONE, event.stream, stream_type, st)

#define MY_ORDER(X, T)                                                                             \
    X(T, TYPE, 1, NONE, event.type, type, ty)                                                      \
    X(T, CODE, 1, NONE, event.code, code, cd)                                                      \
    X(T, STRING, 1, NONE, uuid, uuid, uid)                                                         \
    X(T, ENUM, 1, SIDE, ask_bid, ask_bid, ab)                                                      \
    X(T, ENUM, 1, ORDER_TYPE, order_type, order_type, ot)                                          \
    X(T, ENUM, 1, ORDER_STATE, state, state, s)                                                    \
    X(T, STRING, 0, NONE, trade_uuid, trade_uuid, tuid)                                            \
    X(T, DECIMAL, 0, NONE, price, price, p)                                                        \
    X(T, DECIMAL, 0, NONE, avg_price, avg_price, ap)                                               \
    X(T, DECIMAL, 0, NONE, volume, volume, v)                                                      \
    X(T, DECIMAL, 0, NONE, remaining_volume, remaining_volume, rv)                                 \
    X(T, DECIMAL, 0, NONE, executed_volume, executed_volume, ev)                                   \
    X(T, INT, 0, NONE, trades_count, trades_count, tc)                                             \
    X(T, DECIMAL, 0, NONE, reserved_fee, reserved_fee, rsf)                                        \
    X(T, DECIMAL, 0, NONE, remaining_fee, remaining_fee, rmf)                                      \
    X(T, DECIMAL, 0, NONE, paid_fee, paid_fee, pf)                                                 \
    X(T, DECIMAL, 0, NONE, locked, locked, l)                                                      \
    X(T, DECIMAL, 0, NONE, executed_funds, executed_funds, ef)                                     \
    X(T, ENUM, 0, TIME_IN_FORCE, time_in_force, time_in_force, tif)                                \
    X(T, DECIMAL, 0, NONE, trade_fee, trade_fee, tf)                                               \
    X(T, BOOL, 0, NONE, is_maker, is_maker, im)                                                    \
    X(T, STRING, 0, NONE, identifier, identifier, id)                                              \
    X(T, ENUM, 0, SMP_TYPE, smp_type, smp_type, smpt)                                              \
    X(T, DECIMAL, 0, NONE, prevented_volume, prevented_volume, pv)                                 \
    X(T, DECIMAL, 0, NONE, prevented_locked, prevented_locked, pl)                                 \
    X(T, TIMESTAMP, 0, NONE, trade_timestamp, trade_timestamp, ttms)                               \
    X(T, TIMESTAMP, 1, NONE, order_timestamp, order_timestamp, otms)                               \
    X(T, TIMESTAMP, 1, NONE, event.exchange_ms, timestamp, tms)                                    \
    X(T, STREAM, 0, NONE, event.stream, stream_type, st)

#define MY_ASSET(X, T)                                                                             \
    X(T, TYPE, 1, NONE, event.type, type, ty)                                                      \
    X(T, STRING, 0, NONE, asset_uuid, asset_uuid, astuid)                                          \
    X(T, ARRAY, 1, NONE, assets, assets, ast)                                                      \
    X(T, TIMESTAMP, 0, NONE, asset_timestamp, asset_timestamp, asttms)                             \
    X(T, TIMESTAMP, 1, NONE, event.exchange_ms, timestamp, tms)                                    \
    X(T, STREAM, 0, NONE, event.stream, stream_type, st)

#define ANNOUNCEMENT(X, T)                                                                         \
    X(T, TYPE, 1, NONE, event.type, type, ty)                                                      \
    X(T, ENUM, 1, ANNOUNCEMENT, event_type, event_type, et)                                        \
    X(T, STRING, 1, NONE, uuid, uuid, uid)                                                         \
    X(T, STRING, 1, NONE, title, title, tt)                                                        \
    X(T, ENUM, 0, CATEGORY, category, category, cat)                                               \
    X(T, STRING, 0, NONE, url, url, url)                                                           \
    X(T, STRING, 0, NONE, first_listed_at, first_listed_at, flat)                                  \
    X(T, STRING, 0, NONE, listed_at, listed_at, lat)                                               \
    X(T, TIMESTAMP, 1, NONE, event.exchange_ms, timestamp, tms)                                    \
    X(T, STREAM, 0, NONE, event.stream, stream_type, st)                                           \
    X(T, STRING, 0, NONE, body, body, bd)

#endif
