// Starts GraphiQL on this server's own endpoint. It remembers what a visitor would have to copy:
// the access token of the last session and the id of the last booking; both only in this page.
(async () => {
  const remembered = { accessToken: null, bookingId: null };
  const httpUrl = new URL("/graphql", location.href);
  const socketUrl = new URL(httpUrl);
  socketUrl.protocol = httpUrl.protocol === "https:" ? "wss:" : "ws:";

  const authorization = () =>
    remembered.accessToken ? { authorization: `Bearer ${remembered.accessToken}` } : {};

  // Sockets keep the caller they were opened with, so a new token opens a new one.
  let socket = null;
  const openSocket = () =>
    graphqlWs.createClient({
      url: socketUrl.toString(),
      connectionParams: authorization,
      retryAttempts: Infinity,
      shouldRetry: () => true,
    });

  const signIn = (token) => {
    if (token === remembered.accessToken) return;
    remembered.accessToken = token;
    if (socket) socket.dispose();
    socket = null;
  };

  const learn = (value) => {
    if (Array.isArray(value)) return value.forEach(learn);
    if (value === null || typeof value !== "object") return;
    if (typeof value.accessToken === "string") signIn(value.accessToken);
    const booking = value.booking;
    if (booking && typeof booking.id === "string") remembered.bookingId = booking.id;
    Object.values(value).forEach(learn);
  };

  // "{{uuid}}" is a new idempotency key for each run, "{{bookingId}}" the booking made last.
  const fill = (value) => {
    if (value === "{{uuid}}") return crypto.randomUUID();
    if (value === "{{bookingId}}") return remembered.bookingId;
    if (Array.isArray(value)) return value.map(fill);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fill(one)]));
  };

  const wantsBooking = (variables) => JSON.stringify(variables ?? {}).includes('"{{bookingId}}"');

  const viaHttp = async (request, headers) => {
    const response = await fetch(httpUrl, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json;q=0.9",
        "apollographql-client-name": "graphiql",
        ...authorization(),
        ...headers,
      },
      body: JSON.stringify(request),
    });
    const answer = await response.json();
    learn(answer.data);
    return answer;
  };

  const viaSocket = (request) => {
    socket ??= openSocket();
    const opened = socket;
    return { subscribe: (sink) => ({ unsubscribe: opened.subscribe(request, sink) }) };
  };

  const operationOf = (documentAst, name) =>
    (documentAst?.definitions ?? []).find(
      (one) => one.kind === "OperationDefinition" && (!name || one.name?.value === name),
    );

  const fetcher = (request, options) => {
    if (wantsBooking(request.variables) && !remembered.bookingId) {
      const message = "Book seats first: {{bookingId}} is the booking made last in this page.";
      return { errors: [{ message }] };
    }
    const filled = { ...request, variables: fill(request.variables ?? {}) };
    const operation = operationOf(options?.documentAST, request.operationName);
    return operation?.operation === "subscription"
      ? viaSocket(filled)
      : viaHttp(filled, options?.headers);
  };

  const described = await fetch("/graphiql/tabs.json").then((response) => response.json());
  const tabs = described.map(({ query, variables }) => ({
    query,
    variables: JSON.stringify(variables, null, 2),
  }));
  const explorer = React.createElement(GraphiQL, {
    fetcher,
    defaultTabs: tabs,
    // The first tab's own are not shown until it is chosen.
    variables: tabs[0].variables,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: "variables",
  });
  const root = document.getElementById("graphiql");
  // The builds that PyPI carries are of React 17, which has no roots yet.
  if (ReactDOM.createRoot) ReactDOM.createRoot(root).render(explorer);
  else ReactDOM.render(explorer, root);
})();
