import { segmentStoreContract } from "../../../testkit/segment-store-contract.ts";
import { createMemoryStore } from "./memory-store.ts";

segmentStoreContract("a store in memory", createMemoryStore);
