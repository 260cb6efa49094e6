/*
 * Every word of the page's own chrome, English and Korean side by side. What the app posts is never
 * translated here. Must not know the DOM, except for the language of the document.
 */

const TEXTS = {
  skip: ["Skip to the message box", "메시지 입력란으로 건너뛰기"],
  actAs: ["You act as", "지금 맡은 사람"],
  choosePerson: ["Choose the person you act as", "맡을 사람 고르기"],
  channels: ["Channels", "채널"],
  directMessages: ["Direct messages", "다이렉트 메시지"],
  apps: ["Apps", "앱"],
  openMenu: ["Open the channel list", "채널 목록 열기"],
  closeMenu: ["Close the channel list", "채널 목록 닫기"],
  pinned: ["{n} pinned", "고정 {n}개"],
  pinnedTitle: ["Pinned messages", "고정된 메시지"],
  pinnedMark: ["Pinned", "고정됨"],
  messagesOf: ["Messages in {name}", "{name} 메시지"],
  emptyChannel: ["Nothing has been said here yet. Type / to see what the app can do.", "아직 아무 말도 없습니다. /를 입력하면 앱의 명령을 볼 수 있습니다."],
  deleted: ["This message was deleted.", "삭제된 메시지입니다."],
  edited: ["(edited)", "(수정됨)"],
  onlyYou: ["Only visible to you", "나에게만 보임"],
  dismiss: ["Dismiss", "닫기"],
  app: ["APP", "앱"],
  replyInThread: ["Reply in thread", "스레드에서 답글"],
  replies: ["{n} replies", "답글 {n}개"],
  replyOne: ["1 reply", "답글 1개"],
  lastReply: ["last reply {when}", "마지막 답글 {when}"],
  thread: ["Thread", "스레드"],
  closeThread: ["Close the thread", "스레드 닫기"],
  alsoSent: ["Also sent to the channel", "채널에도 보냄"],
  repliedTo: ["Replied to a thread", "스레드에 답글을 남김"],
  newMessages: ["{n} new messages", "새 메시지 {n}개"],
  newMessage: ["1 new message", "새 메시지 1개"],
  newDivider: ["New", "새 메시지"],
  older: ["Show older messages", "이전 메시지 보기"],
  writeTo: ["Message {name}", "{name}에 메시지 보내기"],
  reply: ["Reply…", "답글…"],
  send: ["Send", "보내기"],
  sendHint: ["Enter sends · Shift+Enter adds a line · / lists commands", "Enter 보내기 · Shift+Enter 줄바꿈 · / 명령 목록"],
  commandList: ["Commands", "명령"],
  sendFailed: ["Your message was not sent: {why}", "메시지를 보내지 못했습니다: {why}"],
  noThreadCommand: ["Slash commands cannot be used in a thread. Type it in the channel.", "스레드에서는 슬래시 명령을 쓸 수 없습니다. 채널에 입력하세요."],
  actFailed: ["Slack: that did not work ({why}).", "Slack: 처리하지 못했습니다({why})."],
  noAnswer: ["Slack: the app did not answer within 3 seconds.", "Slack: 앱이 3초 안에 응답하지 않았습니다."],
  noApp: ["Slack: the app is not connected. Is the bot running?", "Slack: 앱이 연결되어 있지 않습니다. 봇이 실행 중인가요?"],
  unreachable: ["The workspace does not answer; trying again.", "워크스페이스가 응답하지 않아 다시 시도하고 있습니다."],
  offline: ["Connection lost. Trying again…", "연결이 끊겼습니다. 다시 연결하는 중…"],
  cancel: ["Cancel", "취소"],
  close: ["Close", "닫기"],
  submit: ["Submit", "제출"],
  back: ["Back", "뒤로"],
  sure: ["Are you sure?", "계속할까요?"],
  yes: ["Yes", "예"],
  optional: ["(optional)", "(선택)"],
  required: ["Please fill in this field.", "이 항목을 입력해 주세요."],
  uploading: ["Uploading…", "올리는 중…"],
  filesChosen: ["{n} file chosen", "파일 {n}개 선택됨"],
  pickOption: ["Choose…", "선택…"],
  chosen: ["{n} chosen", "{n}개 선택"],
  remove: ["Remove {name}", "{name} 제거"],
  filter: ["Filter", "찾기"],
  noMatch: ["No match", "결과 없음"],
  moreActions: ["More actions", "추가 작업"],
  unknownBlock: ["This page cannot show a block of the type “{type}”.", "이 페이지는 “{type}” 유형의 블록을 표시할 수 없습니다."],
  numbers: ["Show the numbers", "수치 보기"],
  page: ["Page {n} of {all}", "{all}쪽 중 {n}쪽"],
  previous: ["Previous", "이전"],
  next: ["Next", "다음"],
  sortBy: ["Sort by {name}", "{name} 순으로 정렬"],
  pending: ["Pending", "대기"],
  in_progress: ["In progress", "진행 중"],
  complete: ["Done", "완료"],
  error: ["Failed", "실패"],
  info: ["Info", "정보"],
  warning: ["Warning", "주의"],
  success: ["Success", "성공"],
  default: ["Note", "알림"],
  errorLevel: ["Error", "오류"],
  noHome: ["The app has not published a Home page for {name} yet.", "앱이 아직 {name} 님의 홈을 만들지 않았습니다."],
  homeOf: ["{app} · Home", "{app} · 홈"],
  mentionBadge: ["{n} mentions", "멘션 {n}개"],
  unreadBadge: ["{n} unread", "안 읽음 {n}개"],
  mentionedYou: ["{who} mentioned you in {where}", "{where}에서 {who} 님이 나를 언급했습니다"],
  wroteYou: ["{who} wrote to you", "{who} 님의 메시지"],
  jump: ["Jump to the message", "메시지로 이동"],
  today: ["Today", "오늘"],
  yesterday: ["Yesterday", "어제"],
  tomorrow: ["Tomorrow", "내일"],
  demoBar: ["Demo controls", "데모 조작"],
  planClock: ["Plan clock", "배포 시계"],
  speedTimes: ["{n}× real time: one plan hour takes {d}", "{n}배속: 배포 시계 1시간이 {d}"],
  speedOne: ["real time", "실제 시간"],
  speedStill: ["the clock stands still", "시계가 멈춰 있습니다"],
  speedJumping: ["jumping to the next moment", "다음 시점으로 건너뛰는 중"],
  seconds: ["{n} s", "{n}초"],
  minutes: ["{n} min", "{n}분"],
  waitingFor: ["Waiting for somebody to {what}", "기다리는 일: {what}"],
  waitForMe: ["Wait for me", "내 응답 기다리기"],
  teammates: ["Teammates play the other roles", "다른 역할은 팀원이 하기"],
  makeSick: ["Break something", "고장 내기"],
  heal: ["Make it well again", "복구하기"],
  demoMore: ["Demo controls", "데모 조작"],
  language: ["Language", "언어"],
  now: ["{name} has to {why}: act as {name}", "{name} 차례, {why}: {name} 역할로 바꾸기"],
  yourTurn: ["Your turn: {why}", "내 차례: {why}"],
  showMe: ["Show me where", "어디인지 보기"],
  demoFailed: ["The demo did not take this change: {why}", "데모가 변경을 받아들이지 않았습니다: {why}"],
  loading: ["Loading…", "불러오는 중…"],
  file: ["File", "파일"],
  linesMore: ["Show {n} more lines", "{n}줄 더 보기"],
  linesLess: ["Show less", "접기"],
  fileGone: ["This file cannot be read any more.", "이 파일을 더 이상 읽을 수 없습니다."],
  chartLine: ["Line chart: {title}", "선 차트: {title}"],
  chartBar: ["Bar chart: {title}", "막대 차트: {title}"],
  chartEmpty: ["This chart has no data.", "이 차트에는 데이터가 없습니다."],
  category: ["Label", "항목"],
  noValue: ["no data", "데이터 없음"],
};

let language = (navigator.language || "en").toLowerCase().startsWith("ko") ? "ko" : "en";

export function getLanguage() {
  return language;
}

/** "ko" or "en"; anything else leaves it as it is. Returns true if it changed. */
export function setLanguage(next) {
  if (next !== "ko" && next !== "en") return false;
  document.documentElement.lang = next;
  if (next === language) return false;
  language = next;
  return true;
}

/** t("pinned", {n: 3}) -> "3 pinned"; an unknown key shows itself, so that it is seen. */
export function t(key, values = {}) {
  const pair = TEXTS[key];
  if (!pair) return key;
  return pair[language === "ko" ? 1 : 0].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A text that may come in both languages: {ko, en} or plain. */
export function either(value) {
  if (value && typeof value === "object") return value[language] || value.en || value.ko || "";
  return value || "";
}
