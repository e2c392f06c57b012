// Prisma's side: commands come in as lines of JSON, answers go out the same way. The loops are
// timed here, with nothing in them but the calls, as the Python contenders' are in Python.
import { createInterface } from "node:readline";
import { PrismaPg } from "@prisma/adapter-pg";
import { Prisma, PrismaClient } from "./generated/index.js";

const { url, big, tasks, pool } = JSON.parse(process.argv[2]);
const link = new URL(url.replace("@/", "@localhost/"));
const adapter = new PrismaPg({
  host: link.searchParams.get("host"), port: Number(link.searchParams.get("port")),
  user: link.username, database: link.pathname.slice(1), max: pool,
});
const prisma = new PrismaClient({ adapter });

const works = {
  W1: (key) => prisma.user.findUnique({ where: { clerk_id: key } }),
  W2: (key) => prisma.user.findUnique({
    where: { clerk_id: key },
    include: { subscription: true, installations: { orderBy: { id: "asc" } } },
  }),
  W3: (key) => prisma.message.findMany({
    where: { installation_id: key }, include: { session: true },
    orderBy: [{ created_at: "desc" }, { id: "desc" }], take: 10,
  }),
  W4a: (key) => prisma.message.findMany({
    where: { installation_id: big, session_id: big }, orderBy: { seq: "asc" }, take: key,
  }),
  W5: (key) => prisma.subscription.update({
    where: { user_id: key }, data: { messages_used: { increment: 1 }, updated_at: new Date() },
  }),
  W6: () => prisma.message.createMany({ data: rows }),
};
works.W4b = works.W4a;
works.W7 = works.W1;

const rows = Array.from({ length: 10000 }, (_, n) => ({
  installation_id: big, session_id: big, seq: n + 1,
  ...(n % 2
    ? { role: "ASSISTANT", content: `Under Billing, Invoices. (${n})`, model: "amber-small",
        prompt_tokens: 240, completion_tokens: 21, latency_ms: 900 }
    : { role: "USER", content: `Where is my invoice? (${n})` }),
  created_at: new Date(Date.UTC(2026, 2, 1) + n),
}));

async function each(call, keys) {
  for (const key of keys) await call(key);
}

const commands = {
  ready: async () => ({ prisma: Prisma.prismaVersion.client, node: process.version, pid: process.pid }),
  result: async ({ work, keys }) => works[work](keys[0]),
  block: async ({ work, keys }) => {
    const lanes = work === "W7" ? tasks : 1;
    const cpu = process.cpuUsage();
    const wall = process.hrtime.bigint();
    const split = Array.from({ length: lanes }, (_, n) => keys.filter((_, i) => i % lanes === n));
    await Promise.all(split.map((mine) => each(works[work], mine)));
    const took = Number(process.hrtime.bigint() - wall) / 1e9;
    const used = process.cpuUsage(cpu);
    return { wall: took, cpu: (used.user + used.system) / 1e6 };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { answer: await commands[command.op](command) };
  } catch (problem) {
    answer = { error: String(problem.stack ?? problem) };
  }
  const big = (_, value) => (typeof value === "bigint" ? Number(value) : value);
  process.stdout.write(JSON.stringify(answer, big) + "\n");
}
await prisma.$disconnect();
