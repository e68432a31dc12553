<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko_KR" sourcelanguage="en_US">
<context>
    <name>UpbitLive::AssetModel</name>
    <message>
        <source>Currency</source>
        <translation>자산</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>주문가능</translation>
    </message>
    <message>
        <source>Locked</source>
        <translation>사용중</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>보유수량</translation>
    </message>
</context>
<context>
    <name>UpbitLive::CandleChart</name>
    <message>
        <source>Candle chart</source>
        <translation>캔들 차트</translation>
    </message>
    <message>
        <source>Waiting for candles…</source>
        <translation>캔들을 기다리는 중…</translation>
    </message>
    <message>
        <source>O</source>
        <translation>시</translation>
    </message>
    <message>
        <source>H</source>
        <translation>고</translation>
    </message>
    <message>
        <source>L</source>
        <translation>저</translation>
    </message>
    <message>
        <source>C</source>
        <translation>종</translation>
    </message>
    <message>
        <source>Vol</source>
        <translation>거래량</translation>
    </message>
</context>
<context>
    <name>UpbitLive::CandleModel</name>
    <message>
        <source>Time</source>
        <translation>시간</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>시가</translation>
    </message>
    <message>
        <source>High</source>
        <translation>고가</translation>
    </message>
    <message>
        <source>Low</source>
        <translation>저가</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>종가</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>거래량</translation>
    </message>
    <message>
        <source>Amount</source>
        <translation>거래대금</translation>
    </message>
</context>
<context>
    <name>UpbitLive::ConnectionLight</name>
    <message>
        <source>no connection</source>
        <translation>연결 없음</translation>
    </message>
    <message>
        <source>live</source>
        <translation>실시간</translation>
    </message>
    <message>
        <source>offline</source>
        <translation>끊김</translation>
    </message>
    <message>
        <source>no answer</source>
        <translation>응답 없음</translation>
    </message>
    <message>
        <source>connecting</source>
        <translation>연결 중</translation>
    </message>
    <message>
        <source>lag %1 ms · epoch %2 · reconnects %3 · dropped %4</source>
        <translation>지연 %1 ms · 에포크 %2 · 재연결 %3 · 누락 %4</translation>
    </message>
</context>
<context>
    <name>UpbitLive::OrderModel</name>
    <message>
        <source>Buy</source>
        <translation>매수</translation>
    </message>
    <message>
        <source>Sell</source>
        <translation>매도</translation>
    </message>
    <message>
        <source>Limit</source>
        <translation>지정가</translation>
    </message>
    <message>
        <source>Market buy</source>
        <translation>시장가 매수</translation>
    </message>
    <message>
        <source>Market sell</source>
        <translation>시장가 매도</translation>
    </message>
    <message>
        <source>Best</source>
        <translation>최유리</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>대기</translation>
    </message>
    <message>
        <source>Reserved</source>
        <translation>예약</translation>
    </message>
    <message>
        <source>Filling</source>
        <translation>체결 중</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>체결 완료</translation>
    </message>
    <message>
        <source>Filled, rest cancelled</source>
        <translation>체결 후 잔량 취소</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Prevented</source>
        <translation>자전거래 방지</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>시간</translation>
    </message>
    <message>
        <source>Market</source>
        <translation>마켓</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>구분</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>유형</translation>
    </message>
    <message>
        <source>Price</source>
        <translation>주문가</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>주문량</translation>
    </message>
    <message>
        <source>Executed</source>
        <translation>체결량</translation>
    </message>
    <message>
        <source>State</source>
        <translation>상태</translation>
    </message>
</context>
<context>
    <name>UpbitLive::OrderbookModel</name>
    <message>
        <source>Ask size</source>
        <translation>매도잔량</translation>
    </message>
    <message>
        <source>Price</source>
        <translation>가격</translation>
    </message>
    <message>
        <source>Bid size</source>
        <translation>매수잔량</translation>
    </message>
</context>
<context>
    <name>UpbitLive::OrderbookView</name>
    <message>
        <source>total</source>
        <translation>총 잔량</translation>
    </message>
    <message>
        <source>Ask size</source>
        <translation>매도잔량</translation>
    </message>
    <message>
        <source>Price · change</source>
        <translation>가격 · 전일대비</translation>
    </message>
    <message>
        <source>Bid size</source>
        <translation>매수잔량</translation>
    </message>
    <message>
        <source>Waiting for the order book…</source>
        <translation>호가를 기다리는 중…</translation>
    </message>
</context>
<context>
    <name>UpbitLive::TickerModel</name>
    <message>
        <source>Market</source>
        <translation>코인</translation>
    </message>
    <message>
        <source>Price</source>
        <translation>현재가</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>전일대비</translation>
    </message>
    <message>
        <source>Turnover (m)</source>
        <translation>거래대금(백만)</translation>
    </message>
</context>
<context>
    <name>UpbitLive::TradeModel</name>
    <message>
        <source>Time</source>
        <translation>체결시간</translation>
    </message>
    <message>
        <source>Price</source>
        <translation>체결가</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>체결량</translation>
    </message>
    <message>
        <source>Amount</source>
        <translation>체결금액</translation>
    </message>
</context>
</TS>
