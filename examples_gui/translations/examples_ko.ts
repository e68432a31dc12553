<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko_KR" sourcelanguage="en_US">
<context>
    <name>AssetsPane</name>
    <message>
        <source>My balances</source>
        <translation>내 자산</translation>
    </message>
</context>
<context>
    <name>BookPane</name>
    <message>
        <source>Order book</source>
        <translation>호가</translation>
    </message>
</context>
<context>
    <name>BookView</name>
    <message>
        <source>Price grouping</source>
        <translation>호가 모아보기</translation>
    </message>
    <message>
        <source>spread %1</source>
        <translation>스프레드 %1</translation>
    </message>
    <message>
        <source>No grouping</source>
        <translation>모아보기 없음</translation>
    </message>
</context>
<context>
    <name>ChartPane</name>
    <message>
        <source>Chart</source>
        <translation>차트</translation>
    </message>
</context>
<context>
    <name>ChartView</name>
    <message>
        <source>Candles of %1 (key %2)</source>
        <translation>%1 캔들 (%2번 키)</translation>
    </message>
    <message>
        <source>loading history…</source>
        <translation>과거 캔들을 읽는 중…</translation>
    </message>
</context>
<context>
    <name>CoinPane</name>
    <message>
        <source>Markets</source>
        <translation>코인 목록</translation>
    </message>
    <message>
        <source>Search a name or symbol (Ctrl+F)</source>
        <translation>코인명·심볼 검색 (Ctrl+F)</translation>
    </message>
    <message>
        <source>Loading the list…</source>
        <translation>목록을 읽는 중…</translation>
    </message>
    <message>
        <source>%1 KRW markets</source>
        <translation>원화 마켓 %1개</translation>
    </message>
    <message>
        <source>The list cannot be had: %1 major markets only</source>
        <translation>목록을 읽지 못해 주요 %1개만 표시합니다</translation>
    </message>
</context>
<context>
    <name>Exchange</name>
    <message>
        <source>No live data yet; the simulated exchange starts in a moment (× keeps waiting)</source>
        <translation>아직 실시간 시세가 없습니다. 곧 모의 거래소를 시작합니다 (× 계속 기다리기)</translation>
    </message>
    <message>
        <source>The live exchange sent no prices within 3 s: this is the simulated exchange</source>
        <translation>실시간 거래소에서 3초 안에 시세가 오지 않아 모의 거래소를 표시합니다</translation>
    </message>
    <message>
        <source>The simulated exchange cannot be started: %1</source>
        <translation>모의 거래소를 시작하지 못했습니다: %1</translation>
    </message>
</context>
<context>
    <name>Frame</name>
    <message>
        <source>View</source>
        <translation>보기</translation>
    </message>
    <message>
        <source>Keep waiting</source>
        <translation>계속 기다리기</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>테마</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>어둡게</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>밝게</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>등락 색</translation>
    </message>
    <message>
        <source>Red up, blue down</source>
        <translation>상승 빨강, 하락 파랑</translation>
    </message>
    <message>
        <source>Green up, red down</source>
        <translation>상승 초록, 하락 빨강</translation>
    </message>
    <message>
        <source>Reset layout</source>
        <translation>배치 초기화</translation>
    </message>
    <message>
        <source>simulated</source>
        <translation>모의</translation>
    </message>
    <message>
        <source>Try live</source>
        <translation>실시간 다시 시도</translation>
    </message>
    <message>
        <source>Simulate now</source>
        <translation>모의 거래소 지금 시작</translation>
    </message>
</context>
<context>
    <name>HealthPane</name>
    <message>
        <source>Health</source>
        <translation>상태</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>연결</translation>
    </message>
    <message>
        <source>none</source>
        <translation>없음</translation>
    </message>
    <message>
        <source>Lag</source>
        <translation>지연</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>%1 ms (work %2 ms)</source>
        <translation>%1 ms (작업 %2 ms)</translation>
    </message>
    <message>
        <source>Messages</source>
        <translation>메시지</translation>
    </message>
    <message>
        <source>%L1/s, %L2 kB/s</source>
        <translation>%L1건/s, %L2 kB/s</translation>
    </message>
    <message>
        <source>Dropped</source>
        <translation>누락</translation>
    </message>
    <message>
        <source>%L1 (coalesced %L2)</source>
        <translation>%L1 (병합 %L2)</translation>
    </message>
    <message>
        <source>Epoch</source>
        <translation>에포크</translation>
    </message>
    <message>
        <source>%1 (reconnects %2, back-filled %L3)</source>
        <translation>%1 (재연결 %2, 복구 체결 %L3)</translation>
    </message>
    <message>
        <source>Limits</source>
        <translation>요청 한도</translation>
    </message>
    <message>
        <source>requests %1, REST %2, waits %3</source>
        <translation>구독 요청 %1, REST %2, 대기 %3</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>메모리</translation>
    </message>
    <message>
        <source>%L1 kB, at most %L2 kB</source>
        <translation>%L1 kB, 최대 %L2 kB</translation>
    </message>
    <message>
        <source>Longest turn of this window</source>
        <translation>이 창의 최장 처리</translation>
    </message>
    <message>
        <source>queued %L1 (most %L2), dropped %L3</source>
        <translation>대기 %L1 (최대 %L2), 누락 %L3</translation>
    </message>
</context>
<context>
    <name>OrdersPane</name>
    <message>
        <source>My orders</source>
        <translation>내 주문</translation>
    </message>
</context>
<context>
    <name>SummaryPane</name>
    <message>
        <source>Summary</source>
        <translation>시세</translation>
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
        <source>Volume 24h</source>
        <translation>거래량 24h</translation>
    </message>
    <message>
        <source>Turnover 24h</source>
        <translation>거래대금 24h</translation>
    </message>
    <message>
        <source>52-week high</source>
        <translation>52주 최고</translation>
    </message>
    <message>
        <source>52-week low</source>
        <translation>52주 최저</translation>
    </message>
</context>
<context>
    <name>TradePane</name>
    <message>
        <source>Trades</source>
        <translation>체결</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>trading desk</source>
        <translation>트레이딩 데스크</translation>
    </message>
</context>
</TS>
