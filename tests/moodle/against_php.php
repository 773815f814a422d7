<?php
// Reads cases from standard input as JSON, and answers as PHP and Moodle's importer do. For tests only.
date_default_timezone_set('Europe/Dublin');
function rows($text) {
    $stream = fopen('php://memory', 'w+b');
    fwrite($stream, $text);
    rewind($stream);
    $rows = [];
    while (($row = fgetcsv($stream, 0, ',', '"')) !== false) {
        if (count($row) > 1 || $row[0] !== null) {
            $rows[] = $row;
        }
    }
    fclose($stream);
    return $rows;
}
function imported($upload) {
    $rows = rows(trim(preg_replace('!\r\n?!', "\n", $upload)));
    foreach ($rows as $row) {
        if (count($row) !== count($rows[0])) {
            return null;
        }
    }
    $stream = fopen('php://memory', 'w+b');
    foreach ($rows as $row) {
        fputcsv($stream, $row, ',', '"');
    }
    rewind($stream);
    $stored = stream_get_contents($stream);
    $encode = fn($row) => array_map('base64_encode', $row);
    return $rows ? array_map($encode, rows($stored)) : null;
}
function number($text, $sign = '.') {
    $text = trim($text);
    return $text === '' ? null : sprintf('%.6F', (float) str_replace($sign, '.', str_replace(' ', '', $text)));
}
$cases = json_decode(stream_get_contents(STDIN), true);
echo json_encode([
    'tables' => array_map(fn($case) => imported(base64_decode($case)), $cases['tables']),
    'numbers' => array_map(fn($case) => number($case), $cases['numbers']),
    'commas' => array_map(fn($case) => number($case, ','), $cases['numbers']),
    'equal' => array_map(fn($case) => $case[0] == $case[1], $cases['pairs']),
    'times' => array_map('strtotime', $cases['times']),
]);
