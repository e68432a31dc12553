/* Messages of our own in the exchange's shapes, one of each type, in wire order. */
#ifndef TESTS_UNIT_EXCHANGE_SAMPLES_H
#define TESTS_UNIT_EXCHANGE_SAMPLES_H

#define SAMPLE_TICKER                                                                              \
    "{\"type\":\"ticker\",\"code\":\"KRW-BTC\",\"opening_price\":106691000.00000000,"              \
    "\"high_price\":107000000.00000000,\"low_price\":1.055E8,\"trade_price\":106705000.0,"         \
    "\"prev_closing_price\":106691000.00000000,\"acc_trade_price\":95088751392.9099200000000000,"  \
    "\"change\":\"EVEN\",\"change_price\":0E-8,\"signed_change_price\":0E-8,\"change_rate\":0,"    \
    "\"signed_change_rate\":-0.0000063211,\"ask_bid\":\"BID\",\"trade_volume\":0.00050000,"        \
    "\"acc_trade_volume\":893.22,\"trade_date\":\"20250926\",\"trade_time\":\"081530\","           \
    "\"trade_timestamp\":1758874530123,\"acc_ask_volume\":400.1,\"acc_bid_volume\":493.12,"        \
    "\"highest_52_week_price\":1.79869E8,\"highest_52_week_date\":\"2025-10-09\","                 \
    "\"lowest_52_week_price\":72100000.00000000,\"lowest_52_week_date\":\"2025-04-07\","           \
    "\"market_state\":\"ACTIVE\",\"is_trading_suspended\":false,\"delisting_date\":null,"          \
    "\"market_warning\":\"NONE\",\"timestamp\":1758874530160,"                                     \
    "\"acc_trade_price_24h\":331188513477.17233,\"acc_trade_volume_24h\":3104.5,"                  \
    "\"stream_type\":\"REALTIME\"}"

#define SAMPLE_TRADE                                                                               \
    "{\"type\":\"trade\",\"code\":\"KRW-ETH\",\"timestamp\":1788335180420,"                        \
    "\"trade_date\":\"2026-09-02\",\"trade_time\":\"08:26:20\",\"trade_timestamp\":1788335180377," \
    "\"trade_price\":4403000.00000000,\"trade_volume\":0.00014208,\"ask_bid\":\"ASK\","            \
    "\"prev_closing_price\":4500000.00000000,\"change\":\"FALL\",\"change_price\":97000.00000000," \
    "\"sequential_id\":17883351803770004,\"best_ask_price\":4404000,\"best_ask_size\":0.43139478," \
    "\"best_bid_price\":4403000,\"best_bid_size\":5.0E-4,\"stream_type\":\"SNAPSHOT\"}"

#define SAMPLE_TRADE_SIMPLE                                                                        \
    "{\"ty\":\"trade\",\"cd\":\"KRW-ETH\",\"tms\":1788335180420,\"td\":\"2026-09-02\","            \
    "\"ttm\":\"08:26:20\",\"ttms\":1788335180377,\"tp\":4403000.0,\"tv\":1.4208E-4,"               \
    "\"ab\":\"ASK\",\"pcp\":4500000,\"c\":\"FALL\",\"cp\":97000,\"sid\":17883351803770004,"        \
    "\"bap\":4404000,\"bas\":0.43139478,\"bbp\":4403000,\"bbs\":0.00050000,\"st\":\"SNAPSHOT\"}"

#define SAMPLE_BOOK                                                                                \
    "{\"type\":\"orderbook\",\"code\":\"BTC-BERA\",\"timestamp\":1790134742106,"                   \
    "\"total_ask_size\":8.70827286,\"total_bid_size\":0.6,\"orderbook_units\":["                   \
    "{\"ask_price\":6.89E-6,\"bid_price\":6.5E-6,\"ask_size\":8.70000000,\"bid_size\":0.5},"       \
    "{\"ask_price\":0.00000690,\"bid_price\":6.4E-6,\"ask_size\":0.00827286,\"bid_size\":0.10},"   \
    "{\"ask_price\":0,\"bid_price\":0,\"ask_size\":0,\"bid_size\":0},"                             \
    "{\"ask_price\":0.0,\"bid_price\":0.0,\"ask_size\":0E-8,\"bid_size\":0}],"                     \
    "\"stream_type\":\"REALTIME\",\"level\":0}"

#define SAMPLE_BOOK_SIMPLE                                                                         \
    "{\"ty\":\"orderbook\",\"cd\":\"KRW-BTC\",\"tms\":1790134773006,\"tas\":0.06338509,"           \
    "\"tbs\":0.01703594,\"obu\":[{\"ap\":116606000,\"bp\":116534000,\"as\":0.06288509,"            \
    "\"bs\":7.9276E-4},{\"ap\":116609000,\"bp\":116521000,\"as\":5.0E-4,\"bs\":0.01624318}],"      \
    "\"st\":\"SNAPSHOT\",\"lv\":10000}"

#define SAMPLE_CANDLE                                                                              \
    "{\"type\":\"candle.1m\",\"code\":\"KRW-BTC\",\"candle_date_time_utc\":\"2026-07-30T07:45:00\"," \
    "\"candle_date_time_kst\":\"2026-07-30T16:45:00\",\"opening_price\":91154000.00000000,"        \
    "\"high_price\":91157000.00000000,\"low_price\":91142000.00000000,"                            \
    "\"trade_price\":91157000.00000000,\"candle_acc_trade_volume\":0.15511395,"                    \
    "\"candle_acc_trade_price\":14139448.2675400000000000,\"timestamp\":1785397531885,"            \
    "\"stream_type\":\"SNAPSHOT\"}"

#define SAMPLE_ORDER                                                                               \
    "{\"type\":\"myOrder\",\"code\":\"KRW-BTC\",\"uuid\":\"0c7a2f6e-0000-4a11-9d7b-5d9b2f1f0a01\"," \
    "\"ask_bid\":\"BID\",\"order_type\":\"price\",\"state\":\"wait\",\"trade_uuid\":null,"         \
    "\"price\":5000,\"avg_price\":0,\"volume\":null,\"remaining_volume\":null,"                    \
    "\"executed_volume\":null,\"trades_count\":0,\"reserved_fee\":22.467660028283017,"             \
    "\"remaining_fee\":22.4,\"paid_fee\":0,\"locked\":5002.5,\"executed_funds\":0,"                \
    "\"time_in_force\":null,\"trade_fee\":null,\"is_maker\":null,\"identifier\":\"mine-1\","       \
    "\"smp_type\":\"cancel_maker\",\"prevented_volume\":null,\"prevented_locked\":0,"              \
    "\"trade_timestamp\":null,\"order_timestamp\":1710751590000,\"timestamp\":1710751590161,"      \
    "\"stream_type\":\"REALTIME\"}"

#define SAMPLE_ASSET                                                                               \
    "{\"type\":\"myAsset\",\"asset_uuid\":\"e635f223-0000-4969-8fb6-4376937baad6\",\"assets\":["   \
    "{\"currency\":\"KRW\",\"balance\":1386929.37231066771348207123,\"locked\":10329.670127489597585685}," \
    "{\"currency\":\"BTC\",\"balance\":0.5,\"locked\":0}],\"asset_timestamp\":1710146517259,"      \
    "\"timestamp\":1710146517267,\"stream_type\":\"REALTIME\"}"

#define SAMPLE_LIST                                                                                \
    "{\"method\":\"LIST_SUBSCRIPTIONS\",\"result\":[{\"type\":\"ticker\",\"codes\":[\"KRW-BTC\","  \
    "\"KRW-ETH\"]},{\"type\":\"orderbook\",\"codes\":[\"KRW-BTC\"],\"level\":10000},"              \
    "{\"type\":\"myAsset\"}],\"ticket\":\"mine\"}"

#define SAMPLE_ERROR                                                                               \
    "{\"error\":{\"message\":\"nope \\uc740 \xEC\xA7\x80\xEC\x9B\x90\",\"name\":\"INVALID_PARAM\"}}"

#define SAMPLE_RAW                                                                                 \
    "{\"type\":\"indicator\",\"code\":\"KRW-BTC\",\"params\":{\"period\":14},\"value\":{\"rsi\":48.5},"  \
    "\"timestamp\":1788411301096,\"stream_type\":\"REALTIME\"}"

static const char *const samples[] = {SAMPLE_TICKER, SAMPLE_TRADE,       SAMPLE_TRADE_SIMPLE,
                                      SAMPLE_BOOK,   SAMPLE_BOOK_SIMPLE, SAMPLE_CANDLE,
                                      SAMPLE_ORDER,  SAMPLE_ASSET,       SAMPLE_LIST,
                                      SAMPLE_ERROR,  SAMPLE_RAW,         "{\"status\":\"UP\"}"};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

#endif
