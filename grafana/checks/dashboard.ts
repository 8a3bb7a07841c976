// The types that each dashboard must have: Grafana's own, with two things that JSON can't say otherwise.
import type { AnnotationQuery, Dashboard, DataQuery, Panel, RowPanel } from "@grafana/schema";

// An enum's values, as the strings that they are in a file.
type Written<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? Written<Item>[]
    : T extends object
      ? { [Key in keyof T]: Written<T[Key]> }
      : T;

// What Grafana's Prometheus plugin adds to a query and to an annotation.
type Query = Written<DataQuery> & { expr: string; legendFormat: string };
type Annotation = Written<AnnotationQuery> & {
  expr: string;
  step: string;
  titleFormat: string;
  textFormat: string;
  useValueForTime: boolean;
};

type Graph = Omit<Written<Panel>, "targets" | "options" | "fieldConfig"> & {
  fieldConfig: Written<NonNullable<Panel["fieldConfig"]>>;
  options: Record<string, unknown>;
  targets: Query[];
};

export type Checked = Omit<Written<Dashboard>, "annotations" | "panels"> & {
  annotations: { list: Annotation[] };
  panels: (Graph | Written<RowPanel>)[];
};
