// A small identity provider (OpenID Connect): its people log in by a click on their name.
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export class Provider {
  constructor(people) {
    this.people = people; // by name: the subject and the groups
    this.keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.asked = new Map();
    this.secret = randomUUID();
  }

  async start() {
    this.server = createServer((request, answer) => this.answer(request, answer));
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    this.server.close();
  }

  async answer(request, answer) {
    const at = new URL(request.url, this.url);
    const json = (status, value) => answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    switch (at.pathname) {
      case "/.well-known/openid-configuration":
        return json(200, { issuer: this.url, authorization_endpoint: `${this.url}/authorize`, token_endpoint: `${this.url}/token`,
          jwks_uri: `${this.url}/keys`, end_session_endpoint: `${this.url}/logout`, id_token_signing_alg_values_supported: ["RS256"] });
      case "/keys":
        return json(200, { keys: [{ ...this.keys.publicKey.export({ format: "jwk" }), alg: "RS256", use: "sig", kid: "one" }] });
      case "/authorize":
        return answer.writeHead(200, { "Content-Type": "text/html" }).end(this.page(at.searchParams));
      case "/token": {
        let body = "";
        for await (const part of request) body += part;
        const token = this.token(request, new URLSearchParams(body));
        return json(token ? 200 : 400, token ?? { error: "invalid_grant" });
      }
    }
    return answer.writeHead(200, { "Content-Type": "text/html" }).end("<h1>Logged out</h1>");
  }

  // page has a link for each person, with a code that is good once.
  page(asked) {
    const links = Object.keys(this.people).map((name) => {
      const code = randomUUID();
      this.asked.set(code, { name, asked });
      return `<p><a href="${asked.get("redirect_uri")}?${new URLSearchParams({ code, state: asked.get("state") })}">${name}</a></p>`;
    });
    return `<!doctype html><title>Provider</title><h1>Who are you?</h1>${links.join("")}`;
  }

  // token is what a code is exchanged for, once, by the client that can show the verifier.
  token(request, form) {
    const known = this.asked.get(form.get("code"));
    this.asked.delete(form.get("code"));
    const who = Buffer.from((request.headers.authorization ?? "").replace("Basic ", ""), "base64").toString();
    const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    if (!known || who !== `console:${this.secret}` || challenge !== known.asked.get("code_challenge")) return null;
    const now = Math.floor(Date.now() / 1000);
    const text = `${encoded({ alg: "RS256", kid: "one", typ: "JWT" })}.${encoded({ iss: this.url, aud: "console", iat: now, exp: now + 300,
      nonce: known.asked.get("nonce"), preferred_username: known.name, name: `Person ${known.name}`, ...this.people[known.name] })}`;
    const signature = sign("sha256", Buffer.from(text), this.keys.privateKey).toString("base64url");
    return { access_token: "x", token_type: "Bearer", id_token: `${text}.${signature}` };
  }
}
