/* The coins the mock lists: names people know first, so that a window full of them looks like the
 * exchange, and made-up ones after that, as many as --codes asks for. */
#include <stdio.h>
#include <string.h>

#include "market.h"

static const struct mock_coin known[] = {
    {"BTC", "비트코인", "Bitcoin", 116500000},
    {"ETH", "이더리움", "Ethereum", 4407000},
    {"XRP", "엑스알피(리플)", "XRP", 3105},
    {"SOL", "솔라나", "Solana", 215300},
    {"DOGE", "도지코인", "Dogecoin", 254},
    {"ADA", "에이다", "Cardano", 842},
    {"USDT", "테더", "Tether", 1391},
    {"TRX", "트론", "TRON", 451},
    {"AVAX", "아발란체", "Avalanche", 31240},
    {"LINK", "체인링크", "Chainlink", 23150},
    {"BCH", "비트코인캐시", "Bitcoin Cash", 642000},
    {"SUI", "수이", "Sui", 4310},
    {"XLM", "스텔라루멘", "Lumen", 412},
    {"HBAR", "헤데라", "Hedera", 271},
    {"DOT", "폴카닷", "Polkadot", 4890},
    {"SHIB", "시바이누", "Shiba Inu", 0.01521},
    {"UNI", "유니스왑", "Uniswap", 9420},
    {"NEAR", "니어프로토콜", "NEAR Protocol", 3270},
    {"APT", "앱토스", "Aptos", 5210},
    {"ETC", "이더리움클래식", "Ethereum Classic", 23880},
    {"PEPE", "페페", "PEPE", 0.01342},
    {"AAVE", "에이브", "Aave", 362400},
    {"MNT", "맨틀", "Mantle", 2105},
    {"ONDO", "온도파이낸스", "Ondo Finance", 1121},
    {"POL", "폴리곤에코시스템토큰", "Polygon Ecosystem Token", 302},
    {"ARB", "아비트럼", "Arbitrum", 512},
    {"ATOM", "코스모스", "Cosmos", 5240},
    {"ALGO", "알고랜드", "Algorand", 251},
    {"VET", "비체인", "VeChain", 29.1},
    {"FIL", "파일코인", "Filecoin", 2710},
    {"SEI", "세이", "Sei", 334},
    {"STX", "스택스", "Stacks", 742},
    {"IMX", "이뮤터블엑스", "Immutable X", 684},
    {"INJ", "인젝티브", "Injective", 15860},
    {"GRT", "그래프", "The Graph", 98.4},
    {"SAND", "샌드박스", "The Sandbox", 312},
    {"MANA", "디센트럴랜드", "Decentraland", 331},
    {"THETA", "쎄타토큰", "Theta Token", 871},
    {"XTZ", "테조스", "Tezos", 812},
    {"EOS", "이오스", "EOS", 714},
    {"AXS", "엑시인피니티", "Axie Infinity", 2610},
    {"FLOW", "플로우", "Flow", 432},
    {"CHZ", "칠리즈", "Chiliz", 48.3},
    {"NEO", "네오", "NEO", 7420},
    {"QTUM", "퀀텀", "Qtum", 2510},
    {"IOTA", "아이오타", "IOTA", 221},
    {"KAVA", "카바", "Kava", 412},
    {"ZIL", "질리카", "Zilliqa", 11.92},
    {"BAT", "베이직어텐션토큰", "Basic Attention Token", 178},
    {"ENJ", "엔진코인", "Enjin Coin", 73.2},
    {"SNT", "스테이터스네트워크토큰", "Status Network Token", 31.4},
    {"WAVES", "웨이브", "Waves", 1234},
    {"BORA", "보라", "BORA", 97.5},
    {"STORJ", "스토리지", "Storj", 284},
    {"KNC", "카이버네트워크", "Kyber Network", 421},
    {"ICX", "아이콘", "ICON", 132},
    {"ANKR", "앵커", "Ankr", 14.21},
    {"GLM", "골렘", "Golem", 241},
    {"BLUR", "블러", "Blur", 72.4},
    {"BTT", "비트토렌트", "BitTorrent", 0.000812},
    {"XEC", "이캐시", "eCash", 0.02314},
    {"MASK", "마스크네트워크", "Mask Network", 1721},
};
#define KNOWN ((int)(sizeof known / sizeof known[0]))

static const char *const latin[] = {"KA", "NO", "MI", "RU", "SE", "TO", "BA", "LI",  "HA",
                                    "DO", "PU", "GU", "JI", "WO", "ZA", "FE", "CHI", "YU"};
static const char *const hangul[] = {"카", "노", "미", "루", "세", "토", "바", "리", "하",
                                     "도", "푸", "구", "지", "워", "자", "페", "치", "유"};
static const char *const suffix_english[] = {" Network", " Protocol", " Chain",
                                             " Token",   " Finance",  ""};
static const char *const suffix_korean[] = {"네트워크", "프로토콜", "체인", "토큰", "파이낸스", ""};
#define SYLLABLES (sizeof latin / sizeof latin[0])

int mock_coin_find(const char *symbol)
{
    for (int i = 0; i < KNOWN; i++) {
        if (strcmp(known[i].symbol, symbol) == 0) {
            return i;
        }
    }
    return -1;
}

void mock_coin_at(char symbol[16], char korean[48], char english[48], double *krw, int n)
{
    if (n < KNOWN) {
        snprintf(symbol, 16, "%s", known[n].symbol);
        snprintf(korean, 48, "%s", known[n].korean);
        snprintf(english, 48, "%s", known[n].english);
        *krw = known[n].krw;
        return;
    }
    /* Two or more syllables spell the number, the way digits would: no two coins are alike. The
     * first step skips the numbers of fewer than two syllables. */
    size_t number = (size_t)(n - KNOWN) + SYLLABLES;
    size_t digit[8];
    int digits = 0;
    for (size_t rest = number; rest > 0 && digits < 8; rest /= SYLLABLES) {
        digit[digits++] = rest % SYLLABLES;
    }
    size_t symbol_len = 0, korean_len = 0;
    symbol[0] = korean[0] = '\0';
    for (int i = digits - 1; i >= 0; i--) {
        int a = snprintf(symbol + symbol_len, 16 - symbol_len, "%s", latin[digit[i]]);
        int b = snprintf(korean + korean_len, 48 - korean_len, "%s", hangul[digit[i]]);
        symbol_len += (size_t)a;
        korean_len += (size_t)b;
    }
    size_t kind = number % (sizeof suffix_english / sizeof suffix_english[0]);
    snprintf(korean + korean_len, 48 - korean_len, "%s", suffix_korean[kind]);
    snprintf(english, 48, "%s", symbol);
    for (char *c = english + 1; *c != '\0'; c++) {
        *c = (char)(*c - 'A' + 'a');
    }
    size_t len = strlen(english);
    snprintf(english + len, 48 - len, "%s", suffix_english[kind]);
    /* From a hundredth of a won to some hundred thousand, spread over the magnitudes. */
    static const double magnitude[] = {0.0123, 0.214, 1.87, 13.4,  87.6,
                                       312,    641,   2340, 18700, 95400};
    uint64_t state = number * UINT64_C(0x9E3779B97F4A7C15) + 1;
    double spread = 0.6 + (double)mock_random_below(&state, 1000) / 1250.0;
    *krw = magnitude[mock_random_below(&state, 10)] * spread;
}
